"""What a libcamera tuning says of a sensor, in our units; and a sensor in libcamera's."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from isp.core.cfa import Cfa
from isp.core.colour import D65_XY, PRIMARIES, Matrix, adaptation, rgb_to_xyz, xy_to_xyz
from isp.core.errors import ProfileError
from isp.core.illuminants import illuminant_xy
from isp.core.noise_table import profile_of_readings
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.temperature import xy_to_cct
from isp.files.libcamera_limits import (
    black_parameters,
    check_noise_law,
    kept_curve,
    refuse_what_it_cannot_hold,
    values_of,
)
from isp.files.libcamera_tuning import KEPT, Tuning

SCALE_BITS = 16  # of black level and noise in a tuning, whatever the sensor's
ILLUMINANTS = ("A", "D50", "D55", "D65", "D75")  # at whose temperatures the matrices are taken
SHADING, CURVE = "lens_shading_tables", "awb_curve"  # keys of `extra`
GRIDS = {"bcm2835": (12, 16), "pisp": (32, 32)}  # rows and columns of a target's shading tables
ISO_OF_GAIN_1 = 100.0


def profile_from_tuning(
    tuning: Tuning, *, bit_depth: int, cfa: str = "RGGB", name: str = "libcamera"
) -> SensorProfile:
    """Make a profile of a tuning; bits and pattern of the sensor are not in it.

    Black level and noise come from its 16-bit scale. The noise is modelled there as a standard
    deviation c + s sqrt(signal) at analogue gain 1, growing with the root of the gain: so K = s^2
    in 16-bit DN/e-, in proportion to the gain, and the read noise is c. Colour matrices: those of
    its white-balanced camera RGB to sRGB, at the temperatures of A, D50, D55, D65 and D75, turned
    into XYZ-to-camera with the white of its AWB curve there. `extra` holds the lens shading
    tables as gains, the AWB curve, and the whole text, from which `tuning_text` writes it again.

    Raises ProfileError naming the tuning's file for values that are no sensor's.
    """
    pattern = Cfa.named(cfa)
    try:
        return _profile(tuning, bit_depth, pattern, name)
    except ProfileError as error:
        raise ProfileError(f"{tuning.origin}: {error}") from error


def changed_parameters(profile: SensorProfile, tuning: Tuning) -> dict[str, dict[str, Any]]:
    """Parameters by algorithm that differ in a profile from what its tuning gave.

    Raises ProfileError for a change that a tuning cannot hold.
    """
    before = profile_from_tuning(
        tuning, bit_depth=profile.bit_depth, cfa=profile.cfa.name, name=profile.name
    )
    refuse_what_it_cannot_hold(profile, before, (KEPT, CURVE, SHADING))
    changes: dict[str, dict[str, Any]] = {}
    if profile.black_level_dn != before.black_level_dn:
        known = tuning.algorithms["rpi.black_level"]
        changes["rpi.black_level"] = black_parameters(profile, known, SCALE_BITS)
    if profile.readings != before.readings and profile.readings:
        check_noise_law(profile)
    if profile.readings != before.readings:
        changes["rpi.noise"] = _noise_parameters(profile)
    if profile.extra.get(CURVE) != before.extra.get(CURVE):
        with values_of(f"{profile.name}: extra.{CURVE}"):
            rows = kept_curve(profile.extra.get(CURVE) or [])
        changes["rpi.awb"] = {"ct_curve": [value for row in rows for value in row]}
    if profile.colour_matrices != before.colour_matrices:
        matrices, curve = _colour_parameters(profile)
        changes["rpi.ccm"] = {"ccms": matrices}
        changes.setdefault("rpi.awb", {"ct_curve": curve})
    if profile.extra.get(SHADING) != before.extra.get(SHADING):
        with values_of(f"{profile.name}: extra.{SHADING}"):
            changes["rpi.alsc"] = _shading_parameters(profile.extra.get(SHADING) or [])
    missing = sorted(set(changes) - set(tuning.algorithms))
    if missing:
        raise ProfileError(
            f"{profile.name}: its tuning has no {', '.join(missing)} to hold what was changed"
        )
    return changes


def _profile(tuning: Tuning, bits: int, cfa: Cfa, name: str) -> SensorProfile:
    known = tuning.algorithms
    if "rpi.black_level" not in known:
        raise ProfileError("the tuning has no rpi.black_level")
    with values_of("rpi.black_level"):
        black = _black(known["rpi.black_level"], cfa, bits)
    with values_of("rpi.awb"):
        curve = _curve(known.get("rpi.awb", {}))
    with values_of("rpi.ccm"):
        matrices = _matrices(known.get("rpi.ccm", {}), curve)
    with values_of("rpi.noise or rpi.agc"):
        readings, sources, assumed = _readings(tuning, bits)
    extra: dict[str, Any] = {KEPT: tuning.text}
    if curve:
        extra[CURVE] = curve
    with values_of("rpi.alsc"):
        tables = shading_tables(tuning)
    if tables:
        extra[SHADING] = tables
    sources |= {
        "black_level_dn": "rpi.black_level, from its 16-bit scale",
        "white_level_dn": "assumed: the largest code",
        "cfa": "assumed: a tuning does not say it",
    }
    if matrices:
        sources["colour_matrices"] = (
            "rpi.ccm and rpi.awb ct_curve, linear in colour temperature as libcamera takes them, "
            "at the temperatures of the named illuminants; held at the ends"
        )
    return profile_of_readings(
        readings, sources, assumed | {"cfa", "white_level_dn"}, name=name, cfa=cfa, bit_depth=bits,
        black_level_dn=black, white_level_dn=2.0**bits - 1, colour_matrices=matrices, extra=extra,
    )  # fmt: skip


def _black(values: dict[str, Any], cfa: Cfa, bits: int) -> list[float]:
    common = values["black_level"]
    by_colour = {c: float(values.get(f"black_level_{c.lower()}", common)) for c in "RGB"}
    scale = 2.0 ** (bits - SCALE_BITS)
    return [by_colour.get(c, float(common)) * scale for row in cfa.pattern for c in row]


def _readings(tuning: Tuning, bits: int) -> tuple[tuple[Reading, ...], dict[str, str], set[str]]:
    noise = tuning.algorithms.get("rpi.noise")
    if noise is None:
        return (), {"readings": "the tuning has no rpi.noise"}, set()
    constant, slope = float(noise["reference_constant"]), float(noise["reference_slope"])
    if not (math.isfinite(slope) and slope > 0 and math.isfinite(constant) and constant >= 0):
        raise ProfileError(f"a noise of {constant:g} + {slope:g} sqrt(signal) is no sensor's")
    gain = slope**2 * 2.0 ** (bits - SCALE_BITS)
    readings = tuple(
        Reading(
            iso=ISO_OF_GAIN_1 * analogue,
            system_gain_dn_per_e=gain * analogue,
            read_noise_e=constant / slope**2 / math.sqrt(analogue),
        )
        for analogue in sorted({1.0, _largest_gain(tuning)})
    )
    sources = {
        "readings": "rpi.noise: K = slope^2 of its 16-bit scale, in proportion to analogue gain; "
        "ISO is 100 x gain; up to the largest gain of rpi.agc",
    }
    assumed = {"readings.iso"}
    if constant == 0:
        sources["readings.read_noise_e"] = "0: the tuning's reference_constant does not say it"
        assumed.add("readings.read_noise_e")
    return readings, sources, assumed


def _largest_gain(tuning: Tuning) -> float:
    agc = tuning.algorithms.get("rpi.agc", {})
    channels = agc.get("channels", [agc])
    gains = [
        float(gain)
        for channel in channels
        for mode in channel.get("exposure_modes", {}).values()
        for gain in mode.get("gain", ())
    ]
    return max([1.0, *gains])


def _noise_parameters(profile: SensorProfile) -> dict[str, float]:
    first = min(profile.readings, key=lambda r: r.iso, default=None)
    if first is None:
        raise ProfileError(f"{profile.name}: without a reading there is no noise to write")
    at_gain_1 = first.system_gain_dn_per_e * ISO_OF_GAIN_1 / first.iso
    square = at_gain_1 * 2.0 ** (SCALE_BITS - profile.bit_depth)
    root = math.sqrt(first.iso / ISO_OF_GAIN_1)
    return {
        "reference_constant": first.read_noise_e * square * root,
        "reference_slope": math.sqrt(square),
    }


def _curve(awb: dict[str, Any]) -> list[list[float]]:
    """Colour temperature, R/G and B/G of white, rising."""
    flat = [float(v) for v in awb.get("ct_curve", ())]
    if len(flat) % 3 or not all(math.isfinite(v) and v > 0 for v in flat):
        raise ProfileError("the AWB curve is triples of temperature, R/G and B/G")
    rows = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    if any(a[0] >= b[0] for a, b in pairwise(rows)):
        raise ProfileError("the temperatures of the AWB curve rise")
    return rows


def _matrices(
    ccm: dict[str, Any], curve: Sequence[Sequence[float]]
) -> tuple[ColourMatrixEntry, ...]:
    entries = sorted((float(e["ct"]), [float(v) for v in e["ccm"]]) for e in ccm.get("ccms", ()))
    if not entries or not curve:
        return ()
    temperatures = [ct for ct, _ in entries]
    table = np.array([values for _, values in entries])
    if table.shape[1] != 9 or not np.isfinite(table).all():
        raise ProfileError("a colour matrix of the tuning is nine numbers")
    whites = np.array(curve)
    found = []
    for illuminant in ILLUMINANTS:
        xy = illuminant_xy(illuminant)
        cct = xy_to_cct(xy)
        to_rgb = np.array([np.interp(cct, temperatures, column) for column in table.T])
        red, blue = (np.interp(cct, whites[:, 0], whites[:, i]) for i in (1, 2))
        to_camera = np.diag([red, 1.0, blue]) @ np.linalg.inv(to_rgb.reshape(3, 3))
        matrix = to_camera @ _xyz_to_srgb(xy)
        rows = tuple(tuple(float(v) for v in row) for row in matrix)
        found.append(ColourMatrixEntry(illuminant=illuminant, xyz_to_camera=rows))
    return tuple(found)


def _xyz_to_srgb(white: tuple[float, float]) -> Matrix:
    """XYZ under a white to linear sRGB, that white becoming (1, 1, 1)."""
    return np.asarray(np.linalg.inv(rgb_to_xyz(PRIMARIES["bt709"])) @ adaptation(white, D65_XY))


def _colour_parameters(profile: SensorProfile) -> tuple[list[dict[str, Any]], list[float]]:
    """`ccms` and `ct_curve` of a profile's matrices, rising in temperature."""
    rows = []
    for entry in profile.colour_matrices:
        matrix = entry.calibrated
        if matrix.shape != (3, 3):
            raise ProfileError(f"{profile.name}: a tuning holds matrices of three rows")
        xy = illuminant_xy(entry.illuminant)
        white = matrix @ xy_to_xyz(xy)
        neutral = white / white[1]
        to_rgb = _xyz_to_srgb(xy) @ np.linalg.inv(matrix) @ np.diag(neutral)
        to_rgb /= to_rgb.sum() / 3  # each row sums to the same: white stays white
        rows.append((xy_to_cct(xy), to_rgb, neutral))
    rows.sort(key=lambda row: row[0])
    ccms = [{"ct": round(ct), "ccm": [float(v) for v in m.flatten()]} for ct, m, _ in rows]
    curve = [float(v) for ct, _, n in rows for v in (round(ct), n[0], n[2])]
    return ccms, curve


def shading_tables(tuning: Tuning) -> list[dict[str, Any]]:
    """Gains that undo the lens shading, one table for each colour temperature of the tuning.

    Each has `ct`, `rows`, `columns`, and `gains` of R, G and B row by row from the upper left: G
    is the luminance table, R and B that times the tables of Cr and Cb.
    """
    alsc = tuning.algorithms.get("rpi.alsc", {})
    green = [float(v) for v in alsc.get("luminance_lut", ())]
    red, blue = (alsc.get(f"calibrations_{c}", ()) for c in ("Cr", "Cb"))
    if not green or not red or not blue:
        return []
    rows, columns = GRIDS.get(tuning.target, (0, 0))
    if rows * columns != len(green):
        raise ProfileError(
            f'{len(green)} shading gains are no table of the target "{tuning.target}"'
        )
    tables = []
    for cr, cb in zip(red, blue, strict=True):
        if cr["ct"] != cb["ct"] or not len(cr["table"]) == len(cb["table"]) == len(green):
            raise ProfileError("the shading tables of Cr and Cb do not go together")
        gains = {
            "R": [float(c) * g for c, g in zip(cr["table"], green, strict=True)],
            "G": green,
            "B": [float(c) * g for c, g in zip(cb["table"], green, strict=True)],
        }
        tables.append({"ct": cr["ct"], "rows": rows, "columns": columns, "gains": gains})
    return tables


def _shading_parameters(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not tables or any(t["gains"]["G"] != tables[0]["gains"]["G"] for t in tables):
        raise ProfileError("a tuning has one table of green for all temperatures")
    green = tables[0]["gains"]["G"]

    def relative(colour: str) -> list[dict[str, Any]]:
        return [
            {
                "ct": table["ct"],
                "table": [float(v) / g for v, g in zip(table["gains"][colour], green, strict=True)],
            }
            for table in tables
        ]

    return {
        "calibrations_Cr": relative("R"),
        "calibrations_Cb": relative("B"),
        "luminance_lut": list(green),
    }
