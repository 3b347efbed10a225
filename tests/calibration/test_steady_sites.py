"""Hot photosites are told by their dark level, each site of the colour filters by itself."""

import numpy as np

from calibration.steady_sites import steady_sites


def pattern(seed: int = 2) -> np.ndarray:
    """A normal dark pattern of 2 DN on four sites 100 DN apart, and noise left of some frames."""
    draw = np.random.Generator(np.random.Philox(seed))
    blacks = np.tile([[0.0, 100.0], [200.0, 300.0]], (64, 64))
    return 64 + blacks + draw.normal(0, 2, (128, 128))


def test_a_hot_and_a_cold_photosite_stand_out_of_their_own_site() -> None:
    mean = pattern()
    mean[10, 11] = 164 + 12  # 6 deviations of its site, and what its neighbours below have
    mean[40, 41] = 164 - 12

    steady = steady_sites(mean, (2, 2))

    assert not steady[10, 11]
    assert not steady[40, 41]


def test_a_normal_pattern_loses_one_in_sixteen_thousand() -> None:
    lost = sum(int((~steady_sites(pattern(seed), (2, 2))).sum()) for seed in range(8))

    # 2 Phi(-4) = 6.3e-5 of 8 x 16384 photosites is 8.3; five deviations of a count about it.
    assert lost < 8.3 + 5 * 8.3**0.5


def test_even_darks_are_all_steady() -> None:
    assert steady_sites(np.full((6, 7), 64.0), (1, 1)).all()
