"""Unprocess: from a finished photograph back to the electrons that a sensor would have counted."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.camera_matrices import balanced_camera_to_xyz_d50, xyz_to_camera_at
from isp.core.colour import Colour, Matrix, xy_to_xyz, xyz_d50_to_rgb
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy
from isp.core.measured import white_dn
from isp.core.response import Response
from isp.core.rng import Draws, Effect, normal, uniform
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from simulate.exposure import mosaic_of

# Brooks et al. 2019: where highlights begin to keep their brightness, uniform gains of red and
# blue, and the normal distribution of the reciprocal of the digital gain.
INFLECTION = 0.9
RED_GAIN, BLUE_GAIN = (1.9, 2.4), (1.5, 1.9)
INVERSE_GAIN = (0.8, 0.1)
LEAST_INVERSE_GAIN = 0.1  # seven deviations down: a draw of 0 would be an infinite gain


def smoothstep(value: Tensor) -> Tensor:
    """The tone curve 3 x^2 - 2 x^3 of 0..1 (Brooks et al. 2019, "Tone Mapping")."""
    return value**2 * (3 - 2 * value)


def inverse_smoothstep(value: Tensor) -> Tensor:
    """Undo `smoothstep`: 1/2 - sin(asin(1 - 2 y) / 3), on 0..1 (Brooks et al. 2019).

    >>> inverse_smoothstep(torch.tensor([0.0, 0.5, 1.0])).abs().tolist()
    [0.0, 0.5, 1.0]
    """
    return (0.5 - torch.sin(torch.asin((1 - 2 * value).clamp(-1, 1)) / 3)).clamp(0, 1)


def photo_response(gamma: float | None = None, *, tone: bool = True) -> Response:
    """The curve that a camera is taken to have put on a photograph: gamma, then tone.

    gamma: of a power curve (2.2 in the paper); None takes sRGB's. tone: `smoothstep` after it.

    Source: Brooks et al., CVPR 2019, "Gamma Compression" and "Tone Mapping".
    """
    curve = Response.srgb() if gamma is None else Response.power(gamma)
    return curve.then("smoothstep", smoothstep, inverse_smoothstep) if tone else curve


def rgb_to_balanced_camera(
    profile: SensorProfile, gains: Sequence[float], primaries: tuple[float, ...]
) -> Matrix:
    """Matrix from linear RGB to white-balanced camera RGB: rows sum to 1, neutral stays neutral.

    gains: the white balance R, G, B that stands between the balanced and the raw colours.

    Raises ProfileError when the profile has no colour matrix.

    Source: DNG 1.7.1 chapter 6, inverted.
    """
    neutral = gains[1] / np.asarray(gains, dtype=np.float64)
    to_xyz = balanced_camera_to_xyz_d50(
        neutral, profile.xyz_to_camera, profile.forward_matrices, profile.calibrations
    )
    to_rgb = xyz_d50_to_rgb(primaries) @ to_xyz
    return np.asarray(np.linalg.inv(to_rgb))


def inverse_white_balance(
    balanced: Float[Tensor, "b 3 h w"], gains: Float[Tensor, "b 3"]
) -> Float[Tensor, "b 3 h w"]:
    """Divide by the gains, but leave highlights as bright as they are.

    With a = (max(grey - t, 0) / (1 - t))^2 and t = 0.9 a pixel becomes
    max(x / g, (1 - a) x / g + a x): white was clipped in every channel, and stays so; a gain
    below 1 brightens it. grey is the mean of the three channels, limited to 1.

    Source: Brooks et al., CVPR 2019, "White Balance", with grey as in their code.
    """
    grey = balanced.mean(dim=1, keepdim=True).clamp(max=1)
    keep = ((grey - INFLECTION).clamp(min=0) / (1 - INFLECTION)).square()
    divided = balanced / gains.to(balanced.dtype)[:, :, None, None]
    return torch.maximum(divided, (1 - keep) * divided + keep * balanced)


def illuminant_gains(profile: SensorProfile, illuminant: str) -> tuple[float, float, float]:
    """White balance R, G, B (green 1) of a sensor under an illuminant.

    Raises ProfileError for an unknown illuminant or a sensor without a colour matrix.
    """
    white = illuminant_xy(illuminant)
    to_camera = xyz_to_camera_at(profile.xyz_to_camera, white, profile.calibrations)
    neutral = to_camera @ xy_to_xyz(white)
    red, green, blue = (float(v) for v in neutral)
    return green / red, 1.0, green / blue


def sampled_gains(seed: int, item: Int[Tensor, "b"]) -> Float[Tensor, "b 3"]:
    """Gains R, G, B of each item, drawn as in the paper: white balance times digital gain.

    Red is uniform in 1.9..2.4, blue in 1.5..1.9 and green 1; the digital gain, on all three, is
    1 / N(0.8, 0.1). Keyed on (seed, item).

    Source: Brooks et al., CVPR 2019, "Digital Gain" and "White Balance".
    """
    draws = Draws(seed=seed, effect=Effect.AUGMENTATION, sensor="unprocess", item=item)
    words = draws.words(1, 3).reshape(-1, 3)
    share = uniform(words)
    red = RED_GAIN[0] + (RED_GAIN[1] - RED_GAIN[0]) * share[:, 0]
    blue = BLUE_GAIN[0] + (BLUE_GAIN[1] - BLUE_GAIN[0]) * share[:, 1]
    inverse = INVERSE_GAIN[0] + INVERSE_GAIN[1] * normal(words[:, 2])
    gains = torch.stack([red, torch.ones_like(red), blue], dim=1)
    return (gains / inverse.clamp(min=LEAST_INVERSE_GAIN)[:, None]).float()


def blended_matrices(
    profiles: Sequence[SensorProfile], seed: int, item: int
) -> tuple[ColourMatrixEntry, ...]:
    """A random mean of several cameras' colour matrices, per illuminant that all of them have.

    The weights are uniform draws divided by their sum, keyed on (seed, item).

    Raises ProfileError when the cameras share no illuminant.

    Source: Brooks et al., CVPR 2019, "Colour Correction"; there four cameras.
    """
    tables = [{m.illuminant: m.calibrated for m in p.colour_matrices} for p in profiles]
    shared = set.intersection(*(set(t) for t in tables)) if tables else set()
    if not shared:
        names = ", ".join(p.name for p in profiles) or "no camera"
        raise ProfileError(f"a blend needs cameras with a colour matrix in common; {names} came")
    draws = Draws(
        seed=seed, effect=Effect.AUGMENTATION, sensor="unprocess matrix", item=torch.tensor([item])
    )
    weights = uniform(draws.words(1, len(tables)).flatten()).numpy()
    weights = weights / weights.sum()
    return tuple(
        ColourMatrixEntry(
            illuminant=name,
            xyz_to_camera=tuple(
                tuple(float(v) for v in row)
                for row in np.tensordot(weights, np.stack([t[name] for t in tables]), axes=1)
            ),
        )
        for name in sorted(shared)
    )


def white_electrons(profile: SensorProfile, iso: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """Electrons at which each image's sensor is white: (white - black) / gain."""
    gain = profile.at_iso(iso).system_gain_dn_per_e
    black = sum(profile.black_level_dn) / len(profile.black_level_dn)
    return (white_dn(profile, iso) - black).to(gain.device) / gain


def balanced_camera(
    scene: Frame, profile: SensorProfile, gains: Float[Tensor, "b 3"]
) -> Float[Tensor, "b 3 h w"]:
    """Linear light to white-balanced camera RGB, float64: a neutral pixel keeps its value.

    gains: R, G, B of each image, which decide the white that the matrix is taken for.
    Colours outside the camera's gamut may be negative; nothing is clipped.

    Raises DomainError, FrameError, ProfileError for a sensor that is not R, G, B.
    """
    if scene.domain is not Domain.SCENE or scene.data.shape[1] != 3:
        raise DomainError(
            f"unprocessing goes on from SCENE of 3 channels (a photograph reopened), but the frame "
            f"is {scene.domain.name} of {scene.data.shape[1]}"
        )
    if profile.cfa.channels != ("R", "G", "B"):
        raise ProfileError(
            f"a photograph gives R, G and B, but {profile.cfa.name} has "
            f"{', '.join(profile.cfa.channels)}"
        )
    if gains.shape[0] != scene.data.shape[0] or not bool((gains > 0).all()):
        raise FrameError(f"each image needs three positive gains, but {gains.tolist()} came")
    primaries = (scene.colour or Colour()).primaries
    matrices = np.stack([rgb_to_balanced_camera(profile, g, primaries) for g in gains.tolist()])
    to_camera = torch.as_tensor(matrices, device=scene.data.device)
    return torch.einsum("bij,bjhw->bihw", to_camera, scene.data.double())


def unprocess(
    scene: Frame,
    profile: SensorProfile,
    gains: Float[Tensor, "b 3"],
    *,
    iso: float,
    exposure: float | Float[Tensor, "b"] = 1.0,
    white_e: float | None = None,
) -> Frame:
    """Expected electrons of a photograph that was reopened as SCENE with its response.

    gains: what the camera multiplied R, G, B by, white balance and digital gain (green's).
    iso: where the sensor's white level is taken.
    exposure: multiplies the electrons; 1 puts the photograph's white at the sensor's.
    white_e: electrons of white in place of the sensor's own.
    Light below 0 (outside the camera's gamut) is set to 0; how much is noted. Masks stay: what
    the photograph had lost is not measured again.

    Raises DomainError, FrameError, ProfileError, UsageError for an exposure that is not positive.

    Source: Brooks et al., CVPR 2019, section 3.
    """
    batch = scene.data.shape[0]
    shot = replace(scene.shot, iso=torch.full((batch,), float(iso), device=scene.data.device))
    scale = torch.as_tensor(exposure, dtype=torch.float64).reshape(-1).expand(batch)
    if not bool((torch.isfinite(scale) & (scale > 0)).all()):
        raise UsageError(f"exposure is a positive factor, not {scale.tolist()}")
    if white_e is not None and not (math.isfinite(white_e) and white_e > 0):
        raise UsageError(f"white_e is a positive number of electrons, not {white_e}")
    camera = inverse_white_balance(balanced_camera(scene, profile, gains), gains)
    white = white_electrons(profile, shot.need("iso")).double() if white_e is None else (
        torch.full((batch,), float(white_e), dtype=torch.float64)
    )  # fmt: skip
    per_unit = (white.cpu() * scale.cpu()).to(camera.device)
    dark = int((camera < 0).sum())
    expected = mosaic_of(camera.clamp(min=0), profile.cfa) * per_unit.reshape(-1, 1, 1, 1)
    balance = (gains / gains[:, 1:2]).float().to(scene.data.device)
    return scene.advance(
        "unprocess",
        {"gains": gains.tolist(), "iso": iso, "electrons_per_unit": per_unit.tolist(),
         "negative_light_set_to_0": dark},
        data=expected.float(),
        domain=Domain.EXPECTED,
        profile=profile,
        shot=replace(shot, white_balance=balance),
        colour=None,
    )  # fmt: skip
