"""A pair's pixels: packed light above black, the capture kept apart from its answer."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from apps.train.raw_pair import RawPair
from enhance.exposure_diffusion import Captured
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.mosaic_noise import mosaic_noise
from isp.core.sensor import SensorProfile

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedCapture:
    """What a denoiser may see of a pair: the short exposure, never the long one.

    light_dn: DN above black, R, G1, G2, B of RGGB cells, negatives kept. measured: see `Frame`.
    span_dn: DN between black and white of the reference, each plane's own. ratio: r.
    profile, iso: of the short exposure, for its noise; None where nobody knows.
    """

    light_dn: Float[Tensor, "b 4 h w"]
    measured: Bool[Tensor, "b 4 h w"]
    span_dn: Float[Tensor, "b 4 1 1"]
    ratio: float
    profile: SensorProfile | None = None
    iso: Float[Tensor, "b"] | None = None

    @property
    def amplified(self) -> Float[Tensor, "b 4 h w"]:
        """The capture as bright as the reference, 1.0 = its white; not clipped at either end."""
        return self.light_dn * (self.ratio / self.span_dn)

    def captured(self) -> Captured:
        """The state s_T: electrons and their noise, by the profile at the shot's ISO.

        Raises FrameError where profile or ISO are not known, ProfileError for an ISO that the
        profile does not cover.
        """
        if self.profile is None or self.iso is None:
            raise FrameError("electrons need the camera's profile and the ISO; pass a profile")
        gain = self.profile.at_iso(self.iso).system_gain_dn_per_e.to(self.light_dn)
        gain = gain.reshape(-1, 1, 1, 1)
        offset, slope, _ = mosaic_noise(self.profile, self.iso).double().unbind(1)
        return Captured(
            electrons=self.light_dn / gain,
            white_e=self.span_dn / (self.ratio * gain),
            # c0 = (sigma K / W)^2 and c1 = K / W, so W falls out.
            dark_variance_e2=(offset / slope**2).to(self.light_dn).reshape(-1, 1, 1, 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedPair:
    """A capture and its reference.

    clean: the long exposure, 1.0 = white; negatives kept, saturation not cut.
    clean_measured: see `Frame.measured`.
    """

    capture: PackedCapture
    clean: Float[Tensor, "b 4 h w"]
    clean_measured: Bool[Tensor, "b 4 h w"]

    def centre(self, side: int) -> "PackedPair":
        """The middle side x side packed pixels.

        Raises FrameError for a smaller picture.
        """
        height, width = self.clean.shape[-2:]
        if min(height, width) < side:
            raise FrameError(
                f"the centre is {side} x {side} packed pixels, but the picture has "
                f"{height} x {width}"
            )
        top, left = height // 2 - side // 2, width // 2 - side // 2

        def cut(planes: Tensor) -> Tensor:
            return planes[..., top : top + side, left : left + side]

        capture = self.capture
        return PackedPair(
            capture=replace(
                capture, light_dn=cut(capture.light_dn), measured=cut(capture.measured)
            ),
            clean=cut(self.clean),
            clean_measured=cut(self.clean_measured),
        )


def load_pair(pair: RawPair, camera: SensorProfile | None = None) -> PackedPair:
    """Read both files of a pair.

    camera: its noise, where the files have no NoiseProfile. Black per site and white are each
    file's own. Only whole RGGB cells are kept, so another phase loses a row or a column.

    Raises FileError for a file that cannot be read, is no Bayer mosaic, or does not fit the
    other one.
    """
    frames = [_mosaic(path, camera) for path in (pair.short, pair.long)]
    short, long = frames
    if short.size != long.size or short.need_profile().cfa != long.need_profile().cfa:
        sides = [f"{f.size[1]} x {f.size[0]} of {f.need_profile().cfa.name}" for f in frames]
        raise FileError(pair.short, f"it has {sides[0]}, but {pair.long.name} has {sides[1]}")
    return packed_pair(short, long, pair.ratio, pair.iso)


def packed_pair(short: Frame, long: Frame, ratio: float, iso: float | None = None) -> PackedPair:
    """A pair of RAW frames of one Bayer phase and size, packed.

    iso: of the short exposure, where its frame does not know it.
    """
    light_dn, measured, _ = _above_black(short)
    clean_dn, clean_measured, black = _above_black(long)
    profile, shot_iso = short.need_profile(), short.shot.iso
    if shot_iso is None and iso is not None:
        shot_iso = torch.full((len(light_dn),), float(iso))
    white = white_dn(long.need_profile(), long.shot.iso).reshape(-1, 1, 1, 1)
    span = (white - black).expand(len(light_dn), -1, -1, -1)
    capture = PackedCapture(
        light_dn=light_dn, measured=measured, span_dn=span, ratio=float(ratio),
        profile=profile if profile.readings else None, iso=shot_iso,
    )  # fmt: skip
    return PackedPair(capture=capture, clean=clean_dn / span, clean_measured=clean_measured)


def _above_black(frame: Frame) -> tuple[Tensor, Tensor, Tensor]:
    """DN above black and mask, packed, and the black of each plane (1, 4, 1, 1)."""
    profile = frame.need_profile()
    top, left = red_site(profile.cfa)
    black = profile.cfa.spread_sites(profile.black_sites, *frame.size)

    def packed(mosaic: Tensor) -> Tensor:
        cells = mosaic[..., top:, left:]
        height, width = (side // 2 * 2 for side in cells.shape[-2:])
        return Cfa.RGGB.pack(cells[..., :height, :width])

    cell = profile.black_sites.reshape(2, 2).roll((-top, -left), (0, 1))
    return packed(frame.data - black), packed(frame.measured), cell.reshape(1, 4, 1, 1)


def red_site(cfa: Cfa) -> tuple[int, int]:
    """Row and column of the red photosite of a Bayer cell.

    >>> red_site(Cfa.GBRG)
    (1, 0)
    """
    return next((y, x) for y in (0, 1) for x in (0, 1) if cfa.pattern[y][x] == "R")


def _mosaic(path: "Path", camera: SensorProfile | None) -> Frame:
    from isp.files.raw import read_raw

    frame = read_raw(path, profile=camera)
    if frame.domain is not Domain.RAW or not frame.need_profile().cfa.is_bayer:
        kind = frame.need_profile().cfa.name if frame.domain is Domain.RAW else "no mosaic"
        raise FileError(path, f"pairs are packed from Bayer mosaics, and this is {kind}")
    return frame
