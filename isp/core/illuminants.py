"""Standard illuminants: their white, and the photons of their lux."""

from isp.core.colour import XY
from isp.core.errors import ProfileError

# xy, and photons per um^2 per lux second within 400-700 nm (CONVENTIONS section 5.1):
# sum S(l) l/(hc) over 400-700 nm divided by 683 sum S(l) V(l), CIE 1931 2 degree, 1 nm steps.
ILLUMINANTS: dict[str, tuple[float, float, float]] = {
    "A": (0.44758, 0.40745, 12032.17),
    "D50": (0.34570, 0.35850, 10745.49),
    "D55": (0.33243, 0.34744, 10753.04),
    "D65": (0.31270, 0.32900, 10880.15),
    "D75": (0.29903, 0.31488, 11062.41),
    "E": (1 / 3, 1 / 3, 11419.03),
    "FL2": (0.37210, 0.37510, 7879.47),
    "FL11": (0.38050, 0.37690, 7923.52),
    "LED-B3": (0.37560, 0.37230, 8639.17),
}

# EXIF LightSource codes that DNG's CalibrationIlluminant uses.
LIGHT_SOURCES = {17: "A", 20: "D55", 21: "D65", 22: "D75", 23: "D50"}


def illuminant_xy(name: str) -> XY:
    """Chromaticity of an illuminant of the table.

    Raises ProfileError for a name that is not in it.
    """
    return _illuminant(name)[:2]


def photons_per_lux_second(name: str) -> float:
    """Photons per um^2 per lux second within 400-700 nm."""
    return _illuminant(name)[2]


def _illuminant(name: str) -> tuple[float, float, float]:
    if name not in ILLUMINANTS:
        raise ProfileError(f'no illuminant is named "{name}"; known: {", ".join(ILLUMINANTS)}')
    return ILLUMINANTS[name]
