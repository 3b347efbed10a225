"""How far the root domain is straight: as far as noise would else darken the shadows."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.mosaic_noise import mosaic_noise

# Averages under a root lose (1 - c) v(x) / (4 (x + toe)) of light x, where v is the noise's
# variance and c v what the average keeps of it, about half. These hold the loss under 3 % of any
# light that the noise does not drown: measured from 2 electrons of 1000 up, see the test.
PER_SLOPE = 10.0  # of the variance per light
PER_DEVIATION = 5.0  # at black


def noise_toe(frame: Frame, least: float) -> Float[Tensor, "b"]:
    """The toe of `to_root` for each image of a mosaic, at least `least`.

    It follows from the profile's noise at the shot's ISO, balanced by the largest gain; `least`
    where the profile or the shot does not say how noisy the frame is. Lens shading and what was
    denoised before do not count.
    """
    toe = torch.full((frame.data.shape[0],), least, device=frame.data.device)
    profile, iso = frame.profile, frame.shot.iso
    if profile is None or not profile.readings or iso is None:
        return toe
    try:
        law = mosaic_noise(profile, iso).to(toe.device)
    except ProfileError:  # an ISO between whose readings nothing is known
        return toe
    offset, slope, _ = law.unbind(dim=1)
    gain = torch.ones_like(toe)
    balance = frame.applied_balance
    if balance is not None:
        gain = balance.to(toe).amax(dim=1)
    noisy = torch.maximum(PER_SLOPE * slope, PER_DEVIATION * offset.sqrt())
    return torch.maximum(toe, gain * noisy)
