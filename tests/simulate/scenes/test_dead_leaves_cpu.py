"""Discs laid from the top down leave in each place the first disc that covers it."""

import numpy as np

from simulate.scenes.dead_leaves_cpu import WHOLE, lay

HEIGHT, WIDTH = 9, 13


def blank() -> tuple[np.ndarray, np.ndarray]:
    return np.full((HEIGHT, WIDTH), WHOLE, dtype=np.uint64), np.zeros((HEIGHT, WIDTH, 3))


def discs(count: int) -> tuple[np.ndarray, ...]:
    """Discs over and beyond the picture, from half a pixel to half of the picture."""
    generator = np.random.default_rng(5)
    return (
        generator.uniform(-3, WIDTH + 3, count), generator.uniform(-3, HEIGHT + 3, count),
        generator.uniform(0.5, 4, count), generator.uniform(0, 1, (count, 3)),
    )  # fmt: skip


def by_search(across: np.ndarray, down: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The first disc of each of the 8 x 8 places of every pixel (8 h, 8 w), or -1."""
    y, x = (np.mgrid[: 8 * HEIGHT, : 8 * WIDTH] + 0.5) / 8
    first = np.full(x.shape, -1)
    for leaf in reversed(range(len(radius))):
        first[(x - across[leaf]) ** 2 + (y - down[leaf]) ** 2 < radius[leaf] ** 2] = leaf
    return first


def test_every_place_takes_the_uppermost_disc_that_covers_it() -> None:
    across, down, radius, share = discs(12)
    free, sums = blank()

    covered = lay(free, sums, across, down, radius, share)

    first = by_search(across, down, radius)
    seen = np.where((first >= 0)[..., None], share[first], 0)
    wanted = seen.reshape(HEIGHT, 8, WIDTH, 8, 3).sum(axis=(1, 3))
    assert 0 < (first < 0).sum() < first.size  # some places are left over
    assert covered == (first >= 0).sum()
    np.testing.assert_allclose(sums, wanted, atol=1e-12)
    left = np.array([[int(word).bit_count() for word in row] for row in free])
    assert (left == (first < 0).reshape(HEIGHT, 8, WIDTH, 8).sum(axis=(1, 3))).all()


def test_later_calls_go_on_under_what_lies_there() -> None:
    across, down, radius, share = discs(12)
    at_once, in_parts = blank(), blank()
    lay(*at_once, across, down, radius, share)

    for part in (slice(0, 7), slice(7, 8), slice(8, 12)):
        lay(*in_parts, across[part], down[part], radius[part], share[part])

    assert (at_once[0] == in_parts[0]).all()
    assert (at_once[1] == in_parts[1]).all()


def test_a_disc_over_everything_leaves_nothing_free() -> None:
    free, sums = blank()
    grey = np.array([[0.25, 0.5, 1.0]])

    covered = lay(free, sums, np.array([6.0]), np.array([4.0]), np.array([50.0]), grey)

    assert covered == 64 * HEIGHT * WIDTH
    assert not free.any()
    assert (sums == 64 * grey).all()
