"""Random telegraph signal: two levels, how often the upper one, how long, and from any frame."""

import functools
import math

import pytest
import torch
from scipy import stats

from isp.core.rng import Draws, Effect
from simulate.effects.rts import rts_high, rts_sites
from tests.statistics import NOISE_LIMIT, NOISE_P, deviation, share_error

CPU = torch.device("cpu")
OCCUPANCY, DWELL = 0.3, 3.0
LEAVE_HIGH = 1 / DWELL
LEAVE_LOW = LEAVE_HIGH * OCCUPANCY / (1 - OCCUPANCY)  # what balances the two: 1/7
MEMORY = 1 - LEAVE_HIGH - LEAVE_LOW  # second eigenvalue of the chain: 0.524
FRAMES, SITES = 80, 6000


def places(sites: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(sites) // 100, torch.arange(sites) % 100


def states(
    frames: list[int], sites: int = SITES, items: list[int] | None = None,
    occupancy: float = OCCUPANCY, dwell: float = DWELL, origin: tuple[int, int] = (0, 0),
    seed: int = 3,
) -> torch.Tensor:  # fmt: skip
    draws = Draws(
        seed=seed, effect=Effect.RTS_STATE, frame=torch.tensor(frames),
        item=torch.tensor(items or [0] * len(frames)), origin=origin,
    )  # fmt: skip
    return rts_high(*places(sites), occupancy, dwell, draws)


@functools.cache
def burst() -> torch.Tensor:
    """States of 6000 sites over 80 frames of one item, (frames, sites)."""
    return states(list(range(FRAMES)))


# --- sites -----------------------------------------------------------------------------------


def sites_of(
    fraction: float, height: int = 700, width: int = 600, body: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    return rts_sites(fraction, height, width, Draws.fixed(body, Effect.RTS_SITE, "a", origin), CPU)


@pytest.mark.parametrize("fraction", [0.002, 0.2])
def test_their_share_is_binomial(fraction: float) -> None:
    share = len(sites_of(fraction)[0]) / 420_000

    assert abs(deviation(share, fraction, share_error(fraction, 420_000))) < NOISE_LIMIT


def test_a_tile_has_the_sites_of_its_place() -> None:
    def field(rows: torch.Tensor, columns: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        mask = torch.zeros(size, dtype=torch.bool)
        mask[rows, columns] = True
        return mask

    whole = field(*sites_of(0.2, 40, 50), (40, 50))
    tile = field(*sites_of(0.2, 13, 17, origin=(7, 21)), (13, 17))

    assert torch.equal(tile, whole[7:20, 21:38])
    assert not torch.equal(field(*sites_of(0.2, 40, 50, body=2), (40, 50)), whole)


# --- states ----------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [0, 1, 2, 40])
def test_every_frame_has_the_same_share_high(frame: int) -> None:
    """The chain starts in its stationary law: no frame is special, the first least of all."""
    sites = 60_000
    share = float(states([frame], sites).double().mean())

    assert abs(deviation(share, OCCUPANCY, share_error(OCCUPANCY, sites))) < NOISE_LIMIT


def test_the_share_of_all_frames_is_the_occupancy() -> None:
    """Frames of a site are correlated by MEMORY^lag, so fewer of them count."""
    lags = torch.arange(1, FRAMES, dtype=torch.float64)
    pairs = float(((FRAMES - lags) * MEMORY**lags).sum())
    variance = OCCUPANCY * (1 - OCCUPANCY) * (FRAMES + 2 * pairs) / FRAMES**2

    share = float(burst().double().mean())

    assert abs(deviation(share, OCCUPANCY, math.sqrt(variance / SITES))) < NOISE_LIMIT


@pytest.mark.parametrize(("high", "leave"), [(True, LEAVE_HIGH), (False, LEAVE_LOW)])
def test_a_site_leaves_either_level_at_its_own_rate(high: bool, leave: float) -> None:
    before, after = burst()[:-1], burst()[1:]
    here = before == high
    gone = float((after[here] != high).double().mean())

    assert abs(deviation(gone, leave, share_error(leave, int(here.sum())))) < NOISE_LIMIT


@pytest.mark.parametrize(("high", "leave"), [(True, LEAVE_HIGH), (False, LEAVE_LOW)])
def test_stays_are_geometric(high: bool, leave: float) -> None:
    """Chi-square of their lengths, begun early enough that the end of the burst cuts none."""
    longest = 20 if high else 40
    state = burst() == high
    begun = state[1 : FRAMES - longest] & ~state[: FRAMES - longest - 1]
    starts, columns = torch.nonzero(begun, as_tuple=True)
    ahead = torch.stack([state[starts + 1 + k, columns] for k in range(longest)])
    lengths = (~ahead).int().argmax(0)
    lengths[ahead.all(0)] = longest

    law = stats.geom(leave)
    edges = [k for k in range(1, longest) if len(starts) * law.sf(k) > 20]
    observed = [int((lengths == k).sum()) for k in edges] + [int((lengths > edges[-1]).sum())]
    expected = [len(starts) * law.pmf(k) for k in edges] + [len(starts) * law.sf(edges[-1])]

    assert len(starts) > 3000
    assert stats.chisquare(observed, expected).pvalue > NOISE_P
    # The mean stay, of those whose end was seen or not: 3 frames high, 7 low.
    mean = float(lengths.clamp(max=longest).double().mean())
    capped = (1 - (1 - leave) ** longest) / leave
    spread = math.sqrt(1 - leave) / leave
    assert abs(deviation(mean, capped, spread / math.sqrt(len(starts)))) < NOISE_LIMIT


def test_the_chain_remembers_its_state_and_nothing_more() -> None:
    """Two-state Markov: the covariance falls by the same factor from lag to lag."""
    x = burst().double() - OCCUPANCY
    variance = OCCUPANCY * (1 - OCCUPANCY)

    for lag in (1, 2, 5, 12):
        products = (x[:-lag] * x[lag:]).mean(0)  # one number a site, independent of the others
        error = float(products.std()) / math.sqrt(SITES)
        assert abs(deviation(products.mean(), variance * MEMORY**lag, error)) < NOISE_LIMIT, lag


def test_the_variance_of_a_site_is_that_of_a_coin() -> None:
    """a^2 p (1 - p), over items: their first frames are independent."""
    first = states([0] * 100, 2000, items=list(range(100))).double()
    p, n = OCCUPANCY, first.numel()

    # Var of (x - p)^2 is p (1 - p) (1 - 2p)^2.
    error = math.sqrt(p * (1 - p)) * (1 - 2 * p) / math.sqrt(n)
    assert abs(deviation(((first - p) ** 2).mean(), p * (1 - p), error)) < NOISE_LIMIT


def test_the_shortest_stay_allowed_makes_frames_independent() -> None:
    """At 1 / (1 - p) every frame sets every site anew."""
    x = states(list(range(20)), 5000, dwell=1 / (1 - OCCUPANCY)).double() - OCCUPANCY
    products = (x[:-1] * x[1:]).mean(0)

    error = OCCUPANCY * (1 - OCCUPANCY) / math.sqrt(19 * 5000)
    assert abs(deviation(products.mean(), 0.0, error)) < NOISE_LIMIT


def test_any_frame_alone_is_that_of_the_burst() -> None:
    for frame in (0, 1, 17, FRAMES - 1):
        assert torch.equal(states([frame])[0], burst()[frame])
    backwards = states([70, 3, 70, 0])
    assert torch.equal(backwards, burst()[[70, 3, 70, 0]])


def test_a_late_frame_needs_no_history() -> None:
    share = float(states([2**32 - 2], 20_000).double().mean())

    assert abs(deviation(share, OCCUPANCY, share_error(OCCUPANCY, 20_000))) < NOISE_LIMIT


def test_items_and_seeds_have_chains_of_their_own() -> None:
    mixed = states([5, 5, 6], items=[0, 1, 1])

    assert torch.equal(mixed[0], burst()[5])
    assert torch.equal(mixed[1:], states([5, 6], items=[1, 1]))
    for other in (mixed[1], states([5], seed=4)[0]):
        both = float((other & mixed[0]).double().mean())
        p = OCCUPANCY**2
        assert abs(deviation(both, p, share_error(p, SITES))) < NOISE_LIMIT


def test_one_item_or_frame_number_serves_a_whole_batch() -> None:
    draws = Draws(seed=3, effect=Effect.RTS_STATE, frame=torch.tensor([5, 9]))

    assert torch.equal(rts_high(*places(SITES), OCCUPANCY, DWELL, draws), burst()[[5, 9]])


def test_a_tile_sees_the_states_of_its_place() -> None:
    rows, columns = torch.tensor([0, 4, 5]), torch.tensor([0, 30, 31])
    draws = Draws(seed=3, effect=Effect.RTS_STATE, frame=torch.tensor([7]), origin=(10, 20))

    tile = rts_high(rows, columns, OCCUPANCY, DWELL, draws)

    assert torch.equal(tile[0], burst()[7][(rows + 10) * 100 + columns + 20])
