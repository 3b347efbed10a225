"""Random telegraph signal: photosites whose offset jumps between two levels from frame to frame."""

import torch
from jaxtyping import Int
from torch import Tensor

from isp.core.rng import Draws, uniform


def rts_sites(
    fraction: float, height: int, width: int, draws: Draws, device: torch.device
) -> tuple[Int[Tensor, "n"], Int[Tensor, "n"]]:
    """Rows and columns of the photosites that switch; fixed draws of the body."""
    sites = uniform(draws.words(height, width, device))[0, 0] < fraction
    rows, columns = torch.nonzero(sites, as_tuple=True)
    return rows, columns


def rts_high(
    rows: Int[Tensor, "n"], columns: Int[Tensor, "n"], occupancy: float, dwell_frames: float,
    draws: Draws,
) -> Tensor:  # fmt: skip
    """Whether each site is high in each image: (b, n) bool.

    A two-state Markov chain over the frames of an item. In every frame a site is set anew with
    probability r, high with probability p, and else keeps its state: the share of frames high is
    p and the mean stay high is 1 / (r (1 - p)) frames. The state of frame k so follows from the
    last frame up to k that set it, which needs no frame in between to be simulated.

    occupancy: p. dwell_frames: mean stay high; at least 1 / (1 - p).
    draws: temporal draws; `draws.frame` holds each image's frame number, `draws.item` its item.

    Source: CONVENTIONS section 5.4 (two-state Markov, variance a^2 p (1 - p)).
    """
    renewal = min(1.0, 1 / (dwell_frames * (1 - occupancy)))
    batch = max(draws.frame.shape[0], draws.item.shape[0])
    frames = draws.frame.expand(batch).tolist()
    items = draws.item.expand(batch)
    states = [
        _state(rows, columns, occupancy, renewal, _at(draws, items[i : i + 1]), int(frame))
        for i, frame in enumerate(frames)
    ]
    return torch.stack(states)


def _at(draws: Draws, item: Tensor) -> Draws:
    return Draws(
        seed=draws.seed, effect=draws.effect, sensor=draws.sensor, item=item, origin=draws.origin
    )


def _state(
    rows: Tensor, columns: Tensor, occupancy: float, renewal: float, draws: Draws, frame: int
) -> Tensor:
    high = torch.zeros(rows.shape, dtype=torch.bool, device=rows.device)
    open_ = torch.arange(len(rows), device=rows.device)
    for number in range(frame, -1, -1):
        of_frame = Draws(
            seed=draws.seed, effect=draws.effect, sensor=draws.sensor, item=draws.item,
            origin=draws.origin, frame=torch.tensor([number]),
        )  # fmt: skip
        u = uniform(of_frame.at(rows[open_], columns[open_])[0])
        # Frame 0 sets every site, so that the chain starts in its stationary law.
        threshold = renewal if number else 1.0
        high[open_[u < threshold * occupancy]] = True
        open_ = open_[u >= threshold]
        if len(open_) == 0:
            break
    return high
