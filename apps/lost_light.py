"""Light that saturated, brought to one white: a DNG says what is lost by its white level alone."""

import torch

from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.measured import saturation_dn, white_dn

SATURATED_TO_WHITE = "saturated_to_white"  # the step's name in a history
ABOVE_MEASURED = 1.001  # 65 codes of 65535: more than a reader takes for read noise
AT_WHITE = 1e-3  # of sensor white: what lost light may fall short of it and still be white
NEAR_WHITE = 1e-4  # of sensor white, 6 codes of 65535: what a reader might take for white


def saturated_to_white(frame: Frame) -> Frame:
    """Give every photosite of a RAW frame that saturated the DN of white; others stay.

    Where wells fill below the last code, full ones scatter with the read noise, some below white
    and some above. Nothing measured is touched, nor what a soft well bent below its end.
    """
    if frame.domain is not Domain.RAW:
        return frame
    profile, iso = frame.need_profile(), frame.shot.iso
    try:
        _, margin = saturation_dn(profile, iso)
    except ProfileError:  # an ISO that the profile does not cover
        _, margin = saturation_dn(profile, None)
    white, margin = (level.to(frame.data).reshape(-1, 1, 1, 1) for level in
                     (white_dn(profile, iso), margin))  # fmt: skip
    full = frame.clipped & (frame.data >= white - margin)
    if not bool(full.any()):
        return frame
    data = torch.where(full, white, frame.data)
    return frame.advance(
        SATURATED_TO_WHITE, {"white_level_dn": white.flatten().tolist()}, data=data
    )


def lost_to_white(frame: Frame) -> tuple[Frame, float]:
    """Bring the lost light of a developed mosaic or of camera colours to one white; return both.

    Sensor white is 1 without white balance. Lost values that reach it become the white of the
    file; what a demosaic threw above stays there, where codes of camera colours have room. Lost
    ones below it, which only lie beside what saturated, keep their colour, as does all that was
    measured.
    """
    balance = frame.applied_balance
    if balance is None:
        gains = frame.data.new_ones(1)
    elif frame.domain is Domain.CAMERA:
        gains = balance[..., None, None]
    else:
        gains = frame.need_profile().cfa.spread(balance, *frame.size)
    light = frame.data / gains
    lost = ~frame.measured & frame.clipped & (light >= 1 - AT_WHITE)
    kept = light[~lost]
    most = float(kept.max()) if kept.numel() else 0.0
    white = most * ABOVE_MEASURED if most > 1 - NEAR_WHITE else 1.0
    level = light.clamp(min=white) if frame.domain is Domain.CAMERA else light.new_tensor(white)
    data = torch.where(lost & (light != level), level * gains, frame.data)
    return frame.advance("to_white", {"white": white}, data=data), white
