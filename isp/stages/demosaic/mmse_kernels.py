"""Linear estimates of least mean squared error, from a stated model of pictures."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.cfa import Cfa

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureModel:
    """Second-order statistics of pictures: each channel is one lightness plus its own colour.

    cov(c, c', d) = exp(-|d / lightness_lengths|)
                    + [c = c'] colour_variance exp(-|d| / colour_length)

    d: photosites down and right. lightness_lengths: photosites, down and right: unequal ones
        describe edges along an axis. colour_variance: in parts of the lightness' own. The means
        of the channels are unknown.
    """

    lightness_lengths: tuple[float, float]
    colour_length: float
    colour_variance: float


@functools.cache
def kernels(cfa: Cfa, radius: int, model: PictureModel) -> Values:
    """Weights that estimate each channel at each site of the period: (sites, c, 2r + 1, 2r + 1).

    Best linear unbiased estimates whatever the channels' means are: the weights of a channel's own
    photosites add to 1 and those of each other channel to 0, so a flat colour is reproduced.

    Source: Cressie, Statistics for Spatial Data, 1993, section 3.2 (ordinary kriging), with one
    mean a channel.
    """
    rows, columns = cfa.period
    sites = [(y, x) for y in range(rows) for x in range(columns)]
    return np.stack([_weights(cfa.crop(y - radius, x - radius), radius, model) for y, x in sites])


def _weights(window: Cfa, radius: int, model: PictureModel) -> Values:
    """(c, 2r + 1, 2r + 1) for the site in the middle of the window."""
    side, channels = 2 * radius + 1, len(window.channels)
    around = window.colour_map(side, side).numpy().reshape(-1, 1)
    place = np.stack(np.divmod(np.arange(side * side), side), axis=-1).astype(float)
    means = (around == np.arange(channels)).astype(float)  # (photosites, c)
    known = _covariance(place[:, None] - place, around == around.T, model)
    wanted = _covariance((place - radius)[:, None], means > 0, model)
    system = np.block([[known, means], [means.T, np.zeros((channels, channels))]])
    answer = np.linalg.solve(system, np.concatenate([wanted, np.eye(channels)]))
    weights: Values = answer[: side * side].T.reshape(channels, side, side)
    return weights


def _covariance(apart: Values, same_channel: NDArray[np.bool_], model: PictureModel) -> Values:
    """apart: (..., 2) photosites down and right."""
    lightness = np.exp(-np.linalg.norm(apart / model.lightness_lengths, axis=-1))
    colour = np.exp(-np.linalg.norm(apart, axis=-1) / model.colour_length)
    covariance: Values = lightness + same_channel * model.colour_variance * colour
    return covariance
