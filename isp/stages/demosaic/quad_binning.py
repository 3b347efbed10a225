"""Quad-Bayer read out as Bayer of half the size: squares of one colour, averaged."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile

SQUARE = 4  # photosites


def binned_cfa(cfa: Cfa) -> Cfa:
    """The Bayer pattern that a Quad-Bayer one makes of its squares of 2 x 2 photosites.

    >>> binned_cfa(Cfa.QUAD_RGGB).name
    'RGGB'

    Raises ProfileError for a pattern that is not made of four such squares.
    """
    corners = Cfa(tuple(row[::2] for row in cfa.pattern[::2]))
    squares = tuple(tuple(c for c in row for _ in "ab") for row in corners.pattern for _ in "ab")
    if squares != cfa.pattern or not corners.is_bayer:
        raise ProfileError(f"{cfa.name} is not made of 2 x 2 squares in a Bayer order")
    return corners


def bin_quad_bayer(frame: Frame) -> Frame:
    """The mean of each 2 x 2 square, and the profile of the sensor that would have seen it.

    frame: MOSAIC of a Quad-Bayer sensor, height and width even. A value is measured when its four
    photosites were. A function and no Stage: a stage keeps the size of its frame, so that tiles,
    halos and masks mean the same all along a pipeline; this starts one on a smaller sensor.

    Raises DomainError, FrameError for an odd size or a frame without profile, ProfileError for
    another pattern.
    """
    if frame.domain is not Domain.MOSAIC:
        raise DomainError(f"binning takes MOSAIC, but the frame is in {frame.domain.name}")
    profile = as_binned(frame.need_profile())
    height, width = frame.size
    if height % 2 or width % 2:
        raise FrameError(f"binning 2 x 2 takes an even size, not {height} x {width}; crop it")

    def spoilt(mask: Tensor) -> Tensor:
        return F.max_pool2d(mask.float(), 2) > 0

    return frame.advance(
        "bin_quad_bayer",
        {"cfa": profile.cfa.name},
        data=F.avg_pool2d(frame.data, 2),
        profile=profile,
        measured=~spoilt(~frame.measured),
        clipped=spoilt(frame.clipped),
        generated=spoilt(frame.generated),
    )


def as_bayer(profile: SensorProfile) -> SensorProfile:
    """The profile of a mosaic of the same size in the binned pattern: one value a square."""
    return replace(
        profile,
        cfa=binned_cfa(profile.cfa),
        black_level_dn=_square_means(profile.black_level_dn),
        readings=tuple(
            replace(r, colour_bias_dn=_square_means(r.colour_bias_dn)) for r in profile.readings
        ),
    )


def as_binned(profile: SensorProfile) -> SensorProfile:
    """The profile of the sensor whose photosites are the squares.

    A square holds the electrons of four photosites and reads as their mean DN: a quarter of the
    gain, four times the well, independent noise of twice the electrons. The noise of a row or
    a column is shared by two photosites of the square, banding by all four.
    """
    bayer = as_bayer(profile)
    pitch, well = profile.pixel_pitch_um, profile.full_well_e
    defects = {(d.row // 2, d.column // 2) for d in profile.defects}
    return replace(
        bayer,
        readings=tuple(_binned_reading(r) for r in bayer.readings),
        full_well_e=None if well is None else well * SQUARE,
        pixel_pitch_um=None if pitch is None else pitch * 2,
        prnu_percent=profile.prnu_percent / 2,
        dsnu_e=profile.dsnu_e * 2,
        dark_current_e_per_s=profile.dark_current_e_per_s * SQUARE,
        row_fpn_e=profile.row_fpn_e * SQUARE / 2**0.5,
        column_fpn_e=profile.column_fpn_e * SQUARE / 2**0.5,
        banding_frequency_cycles_per_row=profile.banding_frequency_cycles_per_row * 2,
        row_time_s=profile.row_time_s * 2,
        defects=tuple(Defect(row=row, column=column) for row, column in sorted(defects)),
        width=None if profile.width is None else profile.width // 2,
        height=None if profile.height is None else profile.height // 2,
    )


def _binned_reading(reading: Reading) -> Reading:
    scale = reading.tukey_lambda_scale_e
    return replace(
        reading,
        system_gain_dn_per_e=reading.system_gain_dn_per_e / SQUARE,
        read_noise_e=reading.read_noise_e * 2,
        row_noise_e=reading.row_noise_e * SQUARE / 2**0.5,
        column_noise_e=reading.column_noise_e * SQUARE / 2**0.5,
        banding_amplitude_e=reading.banding_amplitude_e * SQUARE,
        tukey_lambda_scale_e=None if scale is None else scale * 2,
        channel_noise=tuple((c, k / SQUARE, dn / 2) for c, k, dn in reading.channel_noise),
    )


def _square_means(values: tuple[float, ...]) -> tuple[float, ...]:
    """Values of the sixteen sites of a period, row by row, to those of its four squares."""
    if not values:
        return ()
    squares = F.avg_pool2d(torch.tensor(values, dtype=torch.float64).reshape(1, 4, 4), 2)
    return tuple(squares.flatten().tolist())
