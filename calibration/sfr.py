"""Spatial frequency response from a slanted edge: how much contrast is left at each frequency."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from torch import Tensor

from calibration.edge_fit import Flags, crosses_lines, fit_edge
from calibration.edge_spread import Reals, Window, edge_spread, line_spread
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, DomainError, FrameError
from isp.core.frame import Frame

FREQUENCIES = np.arange(201) / 200  # cycles per pixel, to twice Nyquist
NYQUIST = 0.5  # cycles per pixel
LEAST_MEASURED = 0.98


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeResponse:
    """What a slanted edge says of a camera's sharpness.

    frequencies: cycles per pixel along the edge's normal; `sfr` the contrast there, 1 at 0.
    mtf50, mtf20: frequency at which `sfr` first falls below 0.5, 0.2; None where it does not.
    mtf_nyquist: `sfr` at 0.5 cycles per pixel.
    edge_angle_deg: from the nearer of vertical and horizontal, positive when turned clockwise.
    is_near_vertical: whether rows cross the edge.
    edge: column of the edge as a polynomial of the row, pixels of the region; row of the column
        where the edge is nearer to horizontal.
    edge_residual_px: RMS of the lines' centroids about it.
    distance_px, esf: oversampled edge along its normal, dark to bright, in the region's unit.
    lsf: its windowed derivative between those distances, sum 1.
    measured_share: of the photosites looked at; the others were left out.
    """

    frequencies: Reals
    sfr: Reals
    mtf50: float | None
    mtf20: float | None
    mtf_nyquist: float
    edge_angle_deg: float
    is_near_vertical: bool
    edge: Polynomial
    edge_residual_px: float
    distance_px: Reals
    esf: Reals
    lsf: Reals
    measured_share: float

    def at(self, frequency: Reals | float) -> Reals:
        """The response at frequencies in cycles per pixel, interpolated linearly."""
        return np.asarray(np.interp(frequency, self.frequencies, self.sfr), np.float64)


def slanted_edge_sfr(
    region: NDArray | Tensor,
    *,
    measured: NDArray | Tensor | None = None,
    channel_sites: NDArray | Tensor | None = None,
    oversampling: int = 4,
    edge_order: int = 1,
    window: Window = "tukey",
    half_width_px: float | None = None,
    corrects_bins: bool = True,
) -> EdgeResponse:
    """Measure the spatial frequency response on one slanted edge (e-SFR).

    region: (h, w), linear in light, one edge between two even areas, of either polarity, up to
        40 degrees from vertical or horizontal. Any offset and scale.
    measured: (h, w), False for photosites that are not to be believed; they are left out, and
        refused when they are more than 2 %.
    channel_sites: (h, w), True at the photosites of one colour of a mosaic: only these are used,
        each at its true place, so no demosaic comes into the result.
    edge_order: of the polynomial along the edge; 1 for a straight edge, up to 5 for a distorted.
    half_width_px: how far from the edge to look, None for as far as the region goes. A smaller
        reach leaves out noise, and the glare and the diffraction that lie beyond it: f/5.6 has
        2 % of its line spread further than 30 um away, and the rest is scaled up to 1.
    corrects_bins: estimate the camera's own MTF: undo the averaging over oversampled bins. The
        standard does not, and finds sinc(f / oversampling) of it: 2.6 % less at Nyquist.

    What is found is optics x pixel aperture; that of a full square pixel of pitch 1 is
    sinc(f cos a) sinc(f sin a) along the normal of an edge at angle a. Noise adds to it in power,
    so that it lifts what is small.

    Raises CalibrationError with one sentence where the region holds no such edge.

    Source: ISO 12233:2014, 6.2 (centroids, line, 4 x bins, difference and its correction, window,
    DFT); angle's cosine, polynomial edge and Tukey window: Burns, Masaoka, Parulski and Wueller,
    Updated camera spatial frequency response for ISO 12233, Electronic Imaging 2022.
    """
    values = _array(region).astype(np.float64)
    looked_at = _flags(channel_sites, values)
    used = looked_at & _flags(measured, values)
    share = _measured_share(looked_at, used)
    if not np.isfinite(values[used]).all():
        raise CalibrationError("the region holds NaN or infinite values; mask them")
    near_vertical = crosses_lines(values, used)
    if not near_vertical:
        values, used = values.T, used.T
    reach = float(max(values.shape)) if half_width_px is None else float(half_width_px)
    edge = fit_edge(values, used, order=edge_order, half_width=reach)
    line, column = np.nonzero(used & np.isin(np.arange(len(values)), edge.lines)[:, None])
    distance = edge.distance(line.astype(np.float64), column.astype(np.float64))
    spread = edge_spread(
        distance * edge.polarity, values[line, column], reach=reach, oversampling=oversampling,
        corrects_bins=corrects_bins,
    )  # fmt: skip
    middle, lsf = line_spread(spread, window)
    spectrum = np.abs(np.exp(-2j * np.pi * np.outer(FREQUENCIES, middle)) @ lsf)
    sfr = spectrum / spread.response(FREQUENCIES)
    return EdgeResponse(
        frequencies=FREQUENCIES,
        sfr=sfr,
        mtf50=_first_below(sfr, 0.5),
        mtf20=_first_below(sfr, 0.2),
        mtf_nyquist=float(np.interp(NYQUIST, FREQUENCIES, sfr)),
        edge_angle_deg=-edge.tilt_deg if near_vertical else edge.tilt_deg,
        is_near_vertical=near_vertical,
        edge=edge.columns_at,
        edge_residual_px=edge.residual_px,
        distance_px=spread.distance_px,
        esf=spread.esf,
        lsf=lsf,
        measured_share=share,
    )


def frame_sfr(
    frame: Frame,
    channel: str,
    *,
    rows: slice = slice(None),
    columns: slice = slice(None),
    **settings: Any,
) -> EdgeResponse:
    """`slanted_edge_sfr` of one channel of a frame with one image.

    channel: of the sensor's mosaic up to MOSAIC (the photosites of that colour alone are used,
        nothing is demosaiced), R, G or B afterwards.
    rows, columns: the region, of the frame. settings: as for `slanted_edge_sfr`.

    Photosites that the frame does not call measured are left out. RAW loses its black levels.

    Raises DomainError for codes that are not linear in light, FrameError for a batch or an unknown
    channel, CalibrationError where the region holds no edge.
    """
    if frame.domain is Domain.SDR:
        raise DomainError("a response is measured in linear light; reopen the SDR frame as LINEAR")
    if frame.data.shape[0] != 1:
        raise FrameError(f"a response is measured on one image, but {frame.data.shape[0]} came")
    is_mosaic = frame.data.shape[1] == 1
    of_channel = None
    names = frame.need_profile().cfa.channels if is_mosaic else ("R", "G", "B")
    if channel not in names:
        raise FrameError(f"the frame has channels {', '.join(names)}, but {channel} was asked for")
    index, window = names.index(channel), (rows, columns)
    if is_mosaic:
        of_channel = frame.need_profile().cfa.colour_map(*frame.size) == index
        plane, measured = _above_black(frame)[0, 0], frame.measured[0, 0]
    else:
        plane = frame.data[0, index]
        measured = frame.measured[0, index % frame.measured.shape[1]]
    return slanted_edge_sfr(
        plane[window],
        measured=measured[window],
        channel_sites=None if of_channel is None else of_channel[window],
        **settings,
    )


def _above_black(frame: Frame) -> Tensor:
    """A mosaic in which no light is 0, whatever site it falls on."""
    if frame.domain is not Domain.RAW:
        return frame.data
    profile = frame.need_profile()
    sites = profile.black_sites.to(frame.data.device)
    return frame.data - profile.cfa.spread_sites(sites, *frame.size)


def _array(values: NDArray | Tensor) -> NDArray:
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    if array.ndim != 2:
        raise CalibrationError(f"a slanted edge is a plane (h, w), but {array.shape} came")
    return array


def _flags(mask: NDArray | Tensor | None, values: Reals) -> Flags:
    flags = np.ones(values.shape, bool) if mask is None else _array(mask).astype(bool)
    if flags.shape != values.shape:
        raise CalibrationError(f"a mask of {flags.shape} does not fit a region of {values.shape}")
    return flags


def _measured_share(looked_at: Flags, used: Flags) -> float:
    share = float(used.sum() / max(1, looked_at.sum()))
    if share < LEAST_MEASURED:
        raise CalibrationError(
            f"only {100 * share:.1f} % of the region's photosites are measured, "
            f"{100 * LEAST_MEASURED:g} % are needed: is one side of the edge clipped?"
        )
    return share


def _first_below(sfr: Reals, level: float) -> float | None:
    below = np.flatnonzero(sfr < level)
    if len(below) == 0:
        return None
    last = int(below[0])
    above, under = sfr[last - 1], sfr[last]
    share = (above - level) / (above - under)
    return float(FREQUENCIES[last - 1] + share * (FREQUENCIES[last] - FREQUENCIES[last - 1]))
