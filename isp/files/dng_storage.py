"""Code values of a frame for a DNG: DN as they are, light on a scale of 16 bits or as floats."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from isp.core.companding import compand
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.sensor import SensorProfile
from isp.files.dng_black import black_as_it_came
from isp.files.tiff_tags import RawTag

SAMPLES = ("uint16", "float16", "float32")
LARGEST = 65535


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stored:
    """What a DNG stores: codes (h, w) or (h, w, 3), and the profile whose levels they have.

    black: one code per site of the pattern, or per colour. white: the code of `light`, which is
    the linear value (1 = sensor white) that readers take for white. sensor: the frame's profile,
    white where it saturates. black_tags: the file's own, which say more than a level per site.
    """

    codes: np.ndarray
    profile: SensorProfile
    sensor: SensorProfile
    black: tuple[float, ...]
    white: float
    light: float = 1.0
    black_tags: tuple[RawTag, ...] = ()

    @property
    def exposure_ev(self) -> float:
        """Stops that a reader adds to show sensor white as white."""
        return math.log2(self.light)


def stored(path: Path, frame: Frame, sample: str, white: float | None) -> Stored:
    """Return the codes of a RAW, MOSAIC or CAMERA frame.

    Light is stored as the camera saw it: white balance that was applied is taken out again.

    Raises DomainError, FrameError or UsageError with the reason why a DNG cannot hold it.
    """
    if frame.domain not in (Domain.RAW, Domain.MOSAIC, Domain.CAMERA):
        raise DomainError(
            f"{path}: a DNG holds raw, mosaic or camera light, "
            f"but the frame is in {frame.domain.name.lower()}"
        )
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame is a batch of {len(frame.data)}")
    if sample not in SAMPLES:
        raise UsageError(f'samples of a DNG are {", ".join(SAMPLES)}, not "{sample}"')
    if white is not None and not (math.isfinite(white) and white > 0):
        raise UsageError(f"white is a positive linear value, not {white}")
    if frame.domain is Domain.RAW:
        if white is not None or sample != "uint16":
            raise UsageError("RAW is written as the DN it has; white and sample are for light")
        return _stored_dn(path, frame)
    light = _light(path, frame, white)
    if sample != "uint16":
        codes = (light / (white or 1.0)).astype(sample)
        sites = frame.need_profile().black_sites.shape[1] if light.ndim == 2 else 3
        levels = ((0.0,) * sites, 1.0)
    elif white is None and light.ndim == 2:
        codes, levels = _scaled_dn(light, frame)
    else:
        codes, levels = _scaled(light, white or 1.0, frame)
    sensor = _saturating(frame)
    tagged = _with_levels(sensor, levels, is_mosaic=light.ndim == 2)
    return Stored(
        codes=codes,
        profile=tagged,
        sensor=sensor,
        black=levels[0],
        white=levels[1],
        light=white or 1.0,
    )


def _stored_dn(path: Path, frame: Frame) -> Stored:
    profile = frame.need_profile()
    dn, black_tags = black_as_it_came(frame)
    wrong = int((~((dn >= 0) & (dn <= LARGEST) & (dn == np.rint(dn)))).sum())
    if wrong:
        raise FrameError(f"{path}: {wrong} DN are not integers in 0..65535, which a DNG holds")
    codes = _codes(path, dn.astype(np.uint16), profile)
    tagged = _saturating(frame)
    return Stored(
        codes=codes,
        profile=tagged,
        sensor=tagged,
        black=profile.black_level_dn,
        white=tagged.white_level_dn,
        black_tags=black_tags,
    )


def _codes(path: Path, dn: np.ndarray, profile: SensorProfile) -> np.ndarray:
    """What the file stores: the DN, or each one's code in the profile's table."""
    if not profile.linearization_table_dn:
        return dn
    table = np.asarray(profile.linearization_table_dn)
    if table[-1] > LARGEST:
        raise FrameError(f"{path}: its table ends at DN {table[-1]}, but a DNG's at most at 65535")
    codes = np.minimum(np.searchsorted(table, dn), len(table) - 1)
    wrong = int((table[codes] != dn).sum())
    if wrong:
        raise FrameError(
            f"{path}: {wrong} DN are not in the linearization table of {profile.name}; "
            "compand the frame first"
        )
    return codes.astype(np.uint16)


def _saturating(frame: Frame) -> SensorProfile:
    """The frame's profile, its white at the lowest DN that a saturated photosite can have."""
    profile = frame.need_profile()
    white = white_dn(profile, frame.shot.iso)[:1].cpu()
    lowest = torch.minimum(compand(white, profile.linearization_table_dn), white)
    return profile.with_fields(white_level_dn=float(lowest))


def _light(path: Path, frame: Frame, white: float | None) -> np.ndarray:
    """(h, w) or (h, w, 3) float64 without white balance, after every reason to refuse."""
    light = _unbalanced(frame)
    if not np.isfinite(light).all():
        raise FrameError(f"{path}: the light is not finite everywhere")
    # White balance and back costs float32's last digits, which are no light above white.
    bound = (white or 1.0) * (1 + 1e-6)
    loud = light > bound
    if frame.domain is Domain.CAMERA:  # codes above white are for what was lost
        loud &= frame.measured[0].permute(1, 2, 0).cpu().numpy()
    above = int(loud.sum())
    if above:
        raise FrameError(
            f"{path}: {above} values are above {white or 1.0:g}, up to {light.max():g} "
            "(1 = sensor white); say white=... , the linear value that the file shall call white"
        )
    return light[..., 0] if frame.domain is Domain.MOSAIC else light


def _unbalanced(frame: Frame) -> np.ndarray:
    """(h, w, planes) float64, as the camera saw it."""
    data, balance = frame.data.double(), frame.applied_balance
    if balance is not None and frame.domain is Domain.CAMERA:
        data = data / balance.double()[..., None, None]
    elif balance is not None:
        data = data / frame.need_profile().cfa.spread(balance.double(), *frame.size)
    return data[0].permute(1, 2, 0).cpu().numpy()


def _scaled_dn(
    light: np.ndarray, frame: Frame
) -> tuple[np.ndarray, tuple[tuple[float, ...], float]]:
    """DN times the largest whole number that 16 bits allow, so that untouched DN stay exact."""
    profile = _saturating(frame)
    white = profile.white_level_dn
    cell = torch.tensor([profile.black_level_dn], dtype=torch.float64)
    black = profile.cfa.spread_sites(cell, *frame.size)[0, 0].numpy()
    dn = black + light * (white - black)
    # Room for DN under 0; a quarter of a code is no DN, but float32's last digits.
    below = max(0, math.ceil(-dn.min() - 0.25 / max(1.0, LARGEST // white)))
    if white + below > LARGEST:
        return _scaled(light, 1.0, frame)
    factor = int(LARGEST // (white + below))
    codes = np.clip(np.rint(factor * (dn + below)), 0, LARGEST).astype(np.uint16)
    blacks = tuple(factor * (level + below) for level in profile.black_level_dn)
    return codes, (blacks, factor * (white + below))


def _scaled(
    light: np.ndarray, white: float, frame: Frame
) -> tuple[np.ndarray, tuple[tuple[float, ...], float]]:
    """One black for all, just high enough for the darkest value, and `white` at 65535.

    It lies lower where light that was lost is above it: that keeps its codes up to 65535.
    """
    lowest, most = min(0.0, float(light.min()) / white), max(1.0, float(light.max()) / white)
    most = 1.0 if most < 1 + 1e-6 else most  # float32's last digits
    black = float(math.ceil(LARGEST * -lowest / (most - lowest)))
    top = float(LARGEST if most == 1 else math.floor(black + (LARGEST - black) / most))
    codes = np.rint(black + light / white * (top - black))
    sites = len(frame.need_profile().black_level_dn) if light.ndim == 2 else 3
    return np.clip(codes, 0, LARGEST).astype(np.uint16), ((black,) * sites, top)


def _with_levels(
    profile: SensorProfile, levels: tuple[tuple[float, ...], float], *, is_mosaic: bool
) -> SensorProfile:
    black, white = levels
    return replace(
        profile, black_level_dn=black if is_mosaic else (black[0],) * len(profile.black_level_dn),
        white_level_dn=white, bit_depth=16, linearization_table_dn=(), full_well_e=None,
        full_well_knee=1.0, readings=(), full_well_spread_percent=0.0, blooming_fraction=0.0,
    )  # fmt: skip
