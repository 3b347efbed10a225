"""What a display shows: linear light, in units of reference white, to what a curve encodes."""

from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, rgb_to_xyz
from isp.core.errors import UsageError
from isp.core.same_bits import power
from isp.core.transfer import (
    ENCODERS,
    HLG_GAMMA,
    HLG_PEAK_CD_M2,
    PQ_PEAK_CD_M2,
)

REFERENCE_WHITE_CD_M2 = 203.0  # ITU-R BT.2408: HDR reference white
HDR_TRANSFERS = ("pq", "hlg")
DISPLAY_SPACES = ("bt709", "p3", "bt2020")
# Luminance of RGB = 1 behind the code 1.
PEAKS_CD_M2 = {"pq": PQ_PEAK_CD_M2, "hlg": HLG_PEAK_CD_M2}
HLG_WEIGHTS = tuple(float(weight) for weight in rgb_to_xyz(PRIMARIES["bt2020"])[1])


def check_signal(space: str, transfer: str) -> None:
    """Check that a display can be told these primaries with this curve.

    Raises UsageError.
    """
    if space not in DISPLAY_SPACES:
        raise UsageError(f'a display space is {", ".join(DISPLAY_SPACES)}, not "{space}"')
    if transfer not in ENCODERS:
        raise UsageError(f'a transfer curve is {", ".join(ENCODERS)}, not "{transfer}"')
    if transfer == "hlg" and space != "bt2020":
        raise UsageError(f"HLG is defined for bt2020 primaries (BT.2100), not {space}")


def check_white(white_cd_m2: float) -> None:
    """Check a luminance for linear 1.0.

    Raises UsageError.
    """
    if not 0 < white_cd_m2 <= PQ_PEAK_CD_M2:
        raise UsageError(f"white is above 0 and at most 10000 cd/m2, not {white_cd_m2:g}")


def relative_light(
    linear: Float[Tensor, "b 3 h w"], transfer: str, white_cd_m2: float
) -> Float[Tensor, "b 3 h w"]:
    """Scale display light to the 0..1 that a transfer curve encodes; nothing is clipped.

    linear: 1.0 is the luminance `white_cd_m2`, in the display's primaries.
    transfer: for `pq` the result is luminance / 10000 cd/m2; for `hlg` it is scene light, by the
        inverse OOTF of a display of 1000 cd/m2, so that both show the same; for the others,
        which are relative, the light itself.

    Source: SMPTE ST 2084; ITU-R BT.2100-2 table 5 (OOTF), BT.2408 (203 cd/m2 is HLG 75 %).
    """
    if transfer not in HDR_TRANSFERS:
        return linear
    light = linear * (white_cd_m2 / PEAKS_CD_M2[transfer])
    if transfer == "pq":
        return light
    luminance = _luminance(light.clamp(min=0))
    # F = Y_s^(gamma - 1) E and Y_d = Y_s^gamma; black stays black under the floor.
    return light * power(luminance.clamp(min=1e-12), 1 / HLG_GAMMA - 1)


def luminance_cd_m2(relative: Float[Tensor, "b 3 h w"], transfer: str) -> Float[Tensor, "b 3 h w"]:
    """Undo `relative_light` for `pq` and `hlg`: what a display shows per channel, in cd/m2."""
    if transfer == "hlg":
        relative = relative * _luminance(relative.clamp(min=0)) ** (HLG_GAMMA - 1)
    return relative * PEAKS_CD_M2[transfer]


def _luminance(light: Tensor) -> Tensor:
    red, green, blue = light.split(1, dim=1)
    # One after another: the last bit of torch's sum hangs on the picture's size.
    luminance: Tensor = HLG_WEIGHTS[0] * red + HLG_WEIGHTS[1] * green + HLG_WEIGHTS[2] * blue
    return luminance
