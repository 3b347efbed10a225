"""A known fall-off comes back: as gains on a mesh, and as a polynomial in the radius."""

import numpy as np
import pytest

from calibration.shading import Shading, mean_light, shading_of, site_gains, square_radius
from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError

RGGB = Cfa.named("RGGB")
SIZE = (240, 320)
FALL = {"R": (-0.5, 0.1), "G": (-0.4, 0.05), "B": (-0.35, 0.0)}


def light_of(fall: dict[str, tuple[float, ...]] = FALL, level: float = 2000.0) -> np.ndarray:
    """A mosaic of an even field behind a lens."""
    squared = square_radius(np.arange(SIZE[0]), np.arange(SIZE[1]), SIZE)
    planes = [
        level * (1 + sum(k * squared**n for n, k in enumerate(fall[c], 1))) for c in RGGB.channels
    ]
    return np.choose(RGGB.colour_map(*SIZE).numpy(), planes)


def truth_on_mesh(shading: Shading, name: str) -> np.ndarray:
    points = shading.gains[name].shape
    rows, columns = (np.linspace(0, n - 1, count) for n, count in zip(SIZE, points, strict=True))
    squared = square_radius(rows, columns, SIZE)
    return 1 / (1 + sum(k * squared**n for n, k in enumerate(FALL[name], 1)))


def test_the_corner_of_the_frame_is_at_radius_1() -> None:
    squared = square_radius(np.array([-0.5, 119.5]), np.array([-0.5, 159.5]), SIZE)

    np.testing.assert_allclose(squared, [[1.0, 0.36], [0.64, 0.0]], atol=1e-12)


def test_a_lens_without_noise_comes_back() -> None:
    found = shading_of(light_of(), RGGB)

    for name in RGGB.channels:
        # The median of a block of 10 photosites is the light at its middle but for the bend.
        np.testing.assert_allclose(found.gains[name], truth_on_mesh(found, name), rtol=2e-3)
        corner = 1 + sum(found.coefficients[name])
        assert corner == pytest.approx(1 + sum(FALL[name]), abs=2e-3)
        assert found.departure_percent[name] < 0.1


def test_noise_averages_out() -> None:
    light = light_of()
    draw = np.random.Generator(np.random.Philox(4))

    found = shading_of(light + draw.normal(0, 0.02 * light), RGGB)

    for name in RGGB.channels:
        # A median of 25 or 50 photosites: 1.25 x 2 % / 5; 9 of them, and the polynomial, less.
        np.testing.assert_allclose(found.gains[name], truth_on_mesh(found, name), rtol=0.02)
        deviation = (found.gains[name] / truth_on_mesh(found, name) - 1).std()
        assert deviation < 0.004


def test_dust_does_nothing() -> None:
    light = light_of()
    clean = shading_of(light, RGGB)
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    for row, column in ((60, 60), (130, 200), (200, 90), (20, 300)):
        light[(rows - row) ** 2 + (columns - column) ** 2 < 36] *= 0.6

    dusty = shading_of(light, RGGB)

    for name in RGGB.channels:
        np.testing.assert_allclose(dusty.gains[name], clean.gains[name], rtol=4e-3)


def test_a_lens_out_of_centre_is_in_the_mesh_and_said() -> None:
    across = 1 + 0.1 * np.linspace(-1, 1, SIZE[1])

    found = shading_of(light_of() * across, RGGB)

    tilt = found.gains["G"][:, 0] / found.gains["G"][:, -1]
    np.testing.assert_allclose(tilt, 1.1 / 0.9, rtol=0.015)
    assert found.departure_percent["G"] > 3


def test_gains_of_sites_follow_the_pattern() -> None:
    found = shading_of(light_of(), RGGB)

    gains = site_gains(found, RGGB)

    assert gains.shape[0] == 4
    assert (gains[0] == found.gains["R"]).all()
    assert (gains[2] == found.gains["G"]).all()
    assert (gains[3] == found.gains["B"]).all()


def test_the_mean_of_flats_loses_each_sites_black() -> None:
    flats = [np.full((4, 6), 110.0), np.full((4, 6), 130.0)]

    light = mean_light(flats, (10.0, 20.0, 30.0, 40.0), 1023.0, RGGB)

    assert light.shape == (4, 6)
    assert light[:2, :2].tolist() == [[110.0, 100.0], [90.0, 80.0]]
    assert (light[2:, 4:] == light[:2, :2]).all()


@pytest.mark.parametrize(
    ("flats", "said"),
    [
        ([], "none came"),
        ([np.full((4, 4), 1023.0)], "clipped"),
        ([np.ones((4, 4)), np.ones((4, 6))], "differ in size"),
        ([np.full((4, 4), 50.0)], "flat 1 of 1 is dark: its median is 4.9% .* at half of sat"),
        ([np.full((4, 4), 500.0), np.full((4, 4), 20.0)], "flat 2 of 2 is dark: .* 2.0%"),
    ],
)
def test_flats_that_say_nothing_are_refused(flats: list[np.ndarray], said: str) -> None:
    with pytest.raises(CalibrationError, match=said):
        mean_light(flats, (0.0,) * 4, 1023.0, RGGB)


def test_the_light_of_a_flat_counts_above_the_black_of_each_site() -> None:
    black = np.tile([[10.0, 200.0], [300.0, 423.0]], (2, 2))

    mean_light([black + 0.051 * (1023 - black)], (10.0, 200.0, 300.0, 423.0), 1023.0, RGGB)
    with pytest.raises(CalibrationError, match="is dark"):
        mean_light([black + 0.049 * (1023 - black)], (10.0, 200.0, 300.0, 423.0), 1023.0, RGGB)


def test_a_picture_too_small_or_dark_is_refused() -> None:
    with pytest.raises(CalibrationError, match="too few"):
        shading_of(np.ones((8, 8)), RGGB)
    with pytest.raises(CalibrationError, match="no light in R"):
        shading_of(light_of() - 5000, RGGB)


def test_a_record_is_plain() -> None:
    record = shading_of(light_of(), RGGB).record()

    assert record["largest_gain"]["R"] == pytest.approx(1 / 0.6, rel=0.02)
    assert len(record["gains"]["R"]) == 17
