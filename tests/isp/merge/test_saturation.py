"""Near saturation a sample is left out by what its neighbours expect, not by its own noise."""

from dataclasses import replace

import torch

from isp.merge.saturation import CLEAR, MARGIN, believable
from tests.isp.merge.samples import PlainNoise, seen

LIMIT = 1000.0
NOISE = PlainNoise(floor=100.0)  # deviation 10


def short_and_long(short: torch.Tensor, long: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    bracket = [
        seen(short, 1.0, noise=NOISE, limit=LIMIT, measured=short < LIMIT),
        seen(long, 4.0, noise=NOISE, limit=LIMIT, measured=long < LIMIT),
    ]
    first, second = believable(bracket)
    return first[0, 0], second[0, 0]


def area(level: float, side: int = 5) -> torch.Tensor:
    return torch.full((side, side), level)


def test_far_below_the_limit_everything_is_used() -> None:
    short, long = short_and_long(area(100), area(400))

    assert bool(short.all())
    assert bool(long.all())


def test_within_the_margin_of_the_limit_the_shorter_exposure_has_to_do() -> None:
    near = LIMIT - (MARGIN - 0.5) * 10

    short, long = short_and_long(area(near / 4), area(near))

    assert bool(short.all())
    assert not bool(long.any())


def test_a_samples_own_value_does_not_decide() -> None:
    beyond = LIMIT - (MARGIN + 3) * 10  # safe, and one sample of it came out close to the limit
    samples = area(beyond)
    samples[2, 2] = LIMIT - 1

    _, long = short_and_long(area(beyond / 4), samples)

    assert bool(long[2, 2])


def test_a_dark_pixel_beside_a_lamp_keeps_its_long_exposure() -> None:
    short, long = area(240), area(LIMIT + 100)
    short[2, 2], long[2, 2] = 5, 20

    _, used = short_and_long(short, long)

    assert bool(used[2, 2])
    assert int(used.sum()) == 1


def test_what_no_shorter_exposure_measured_is_not_left_out() -> None:
    near = area(LIMIT - 20)
    alone = [seen(near, 1.0, noise=NOISE, limit=LIMIT)]
    again = [*alone, seen(near, 1.0, noise=NOISE, limit=LIMIT)]

    assert bool(believable(alone)[0].all())
    assert bool(torch.stack(believable(again)).all())


def test_a_full_well_that_is_read_below_the_limit_is_no_light_where_a_shorter_one_is_full() -> None:
    short, long = area(LIMIT + 5), area(LIMIT + 5)
    long[2, 2] = LIMIT - 20  # two deviations of reading

    _, used = short_and_long(short, long)

    assert not bool(used.any())


def test_what_is_darker_than_a_full_well_can_be_read_is_left_to_deghosting() -> None:
    short, long = area(LIMIT + 5), area(LIMIT + 5)
    long[2, 2] = LIMIT / 2

    _, used = short_and_long(short, long)

    assert bool(used[2, 2])
    assert int(used.sum()) == 1


def test_an_unmeasured_sample_is_never_used() -> None:
    hole = torch.ones(5, 5, dtype=torch.bool)
    hole[1, 1] = False

    [used] = believable([seen(area(10), measured=hole)])

    assert torch.equal(used[0, 0], hole)


def test_pictures_fade_out_by_their_codes_instead() -> None:
    near = area(LIMIT - 20)
    bracket = [
        replace(seen(level, a, noise=NOISE, limit=LIMIT), trust=torch.ones(1, 1, 5, 5))
        for level, a in ((near / 4, 1.0), (near, 4.0))
    ]

    assert bool(torch.stack(believable(bracket)).all())


def bent_pair(bent: tuple[bool, bool], trust: float) -> tuple[bool, bool]:
    """Whether a short and a long exposure of a picture are used; trust: of the short one's code."""
    bracket = [
        replace(
            seen(area(100.0) * a, a, noise=NOISE, limit=LIMIT),
            trust=torch.full((1, 1, 5, 5), share),
            bent=torch.full((1, 1, 5, 5), is_bent),
        )
        for a, share, is_bent in ((1.0, trust, bent[0]), (4.0, 0.5, bent[1]))
    ]
    short, long = (bool(used.all()) for used in believable(bracket))
    return short, long


def test_a_picture_bent_by_clipping_is_left_to_a_shorter_one_that_is_not() -> None:
    assert bent_pair((False, True), 0.5) == (True, False)
    assert bent_pair((False, False), 0.5) == (True, True)


def test_a_bent_picture_is_kept_where_the_shorter_is_bent_too_or_lost_in_the_dark() -> None:
    assert bent_pair((True, True), 0.5) == (True, True)
    assert bent_pair((False, True), CLEAR / 2) == (True, True)
