"""Blooming: what a full well spills into its column, electron by electron."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from simulate.effects.blooming import bloom

WELL = torch.tensor(100.0)


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, -1, 1)


def spilled(values: tuple[float, ...], fraction: float, well: float = 100.0) -> list[float]:
    """What the wells hold after the clip."""
    return bloom(column(*values), torch.tensor(well), fraction).clamp(max=well).flatten().tolist()


def test_half_of_an_excess_goes_each_way() -> None:
    """10 e- too many: the neighbours take 2 each, the next ones 3 each."""
    after = bloom(column(90, 98, 110, 98, 90), WELL, 1.0).flatten().tolist()

    assert after == [93, 100, 110, 100, 93]  # the full one keeps its own until the clip


def test_it_begins_where_the_well_is_full() -> None:
    assert spilled((0, 130, 0, 0, 0, 0), 1.0) == [15, 100, 15, 0, 0, 0]
    assert spilled((0, 0, 0, 0, 0, 160), 0.5) == [0, 0, 0, 0, 15, 100]


def test_a_part_is_lost_at_every_step() -> None:
    """Of 20 e- too many, at 0.5: 5 set out each way, 1 finds room, 2 of 4 go on, 1 of 2, 0 of 1."""
    assert spilled((0, 99, 100, 99, 120, 99, 100, 99, 0), 0.5) == [
        0, 100, 100, 100, 100, 100, 100, 100, 0,
    ]  # fmt: skip


def test_without_a_fraction_nothing_spills() -> None:
    assert spilled((0, 500, 0), 0.0) == [0, 100, 0]


def test_wells_that_are_not_full_are_left_alone() -> None:
    electrons = column(0, 50, 100, 99)

    assert torch.equal(bloom(electrons, WELL, 1.0), electrons)


def test_what_runs_over_the_edge_is_gone() -> None:
    assert spilled((100, 140, 100), 1.0) == [100, 100, 100]
    assert spilled((140, 0, 0), 1.0) == [100, 20, 0]


def test_columns_do_not_touch() -> None:
    field = torch.zeros(1, 1, 5, 3)
    field[..., 2, 1] = 130

    after = bloom(field, WELL, 1.0)

    assert after[0, 0, :, 1].tolist() == [0, 15, 130, 15, 0]
    assert float(after[..., [0, 2]].abs().max()) == 0


@given(
    low=st.lists(st.integers(0, 100), min_size=40, max_size=40),
    excess=st.integers(0, 300),
    place=st.integers(15, 25),
)
def test_every_electron_is_kept_where_there_is_room(
    low: list[int], excess: int, place: int
) -> None:
    """With fraction 1, an even excess and enough room: as many electrons after as before."""
    light = [float(v) // 2 for v in low]
    light[place] = 100.0 + 2 * (excess // 2)
    after = spilled(tuple(light), 1.0)
    room = [100 - v for v in light]

    assert all(0 <= v <= 100 and v == round(v) for v in after)
    for side in (room[:place], room[place + 1 :]):
        assert sum(side) >= excess // 2  # at least 15 wells with 50 e- of room each
    assert sum(after) == sum(light)


@given(
    values=st.lists(st.integers(0, 400), min_size=3, max_size=30),
    fraction=st.floats(0, 1, width=32),
)
def test_electrons_are_never_made_and_wells_never_emptied(
    values: list[int], fraction: float
) -> None:
    light = column(*[float(v) for v in values])
    after = bloom(light, WELL, fraction)

    assert torch.equal(after, after.round())
    assert bool((after >= light).all())
    assert float(after.clamp(max=100).sum()) <= float(light.sum())
    assert torch.equal(after[light > 100], light[light > 100])


@given(
    values=st.lists(st.integers(0, 100), min_size=21, max_size=21),
    excess=st.integers(0, 999),
    fraction=st.floats(0, 1, width=32),
)
def test_a_single_source_spills_as_much_up_as_down(
    values: list[int], excess: int, fraction: float
) -> None:
    light = [float(v) for v in values]
    light[8] = 100.0 + excess

    assert spilled(tuple(light[::-1]), fraction) == spilled(tuple(light), fraction)[::-1]


def test_two_streams_that_meet_fill_upwards_first() -> None:
    """8 e- from each side of a gap with room for 4: those coming up take it, the others go on."""
    # Up: 4 of 8 fill the gap, 4 pass the upper source, whose own 8 join them: 12.
    # Down: 8 find the gap full and join the lower source's own 8: 16.
    assert spilled((80, 116, 96, 116, 80), 1.0) == [92, 100, 100, 100, 96]


def test_each_well_has_its_own_room() -> None:
    wells = torch.tensor([50.0, 100.0, 12.0]).reshape(1, 1, 3, 1)

    assert bloom(column(40, 140, 10), wells, 1.0).flatten().tolist() == [50, 140, 12]


@pytest.mark.parametrize("fraction", [0.3, 1.0])
def test_images_of_a_batch_bloom_alone(fraction: float) -> None:
    batch = torch.cat([column(0, 150, 0, 90), column(400, 0, 0, 99)])

    after = bloom(batch, WELL, fraction)

    for b in range(2):
        assert torch.equal(after[b : b + 1], bloom(batch[b : b + 1], WELL, fraction))
