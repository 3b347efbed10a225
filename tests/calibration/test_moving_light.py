"""Light that changes its pattern between flats is seen before PRNU is wrong by its interval."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.moments import Moments, gather, mean_and_variance
from calibration.moving_light import moving_darks, moving_light, smooth_excess, transfer_excess
from calibration.nonuniformity import MeanImage, response_nonuniformity
from calibration.photon_transfer import Level
from calibration.uncertainty import Figure

SIZE = 96
X = np.linspace(-1, 1, SIZE)
TILT = np.broadcast_to(X, (SIZE, SIZE))
SADDLE = 3**0.5 * X[:, None] * X  # of the same variance, the same in no row's nor column's mean
WELL_E = 14_000.0
PRNU = 0.5  # percent
PATTERNS = {"across": TILT, "down": TILT.T, "saddle": SADDLE}
SWUNG = 17 / 45 * 16 / 15  # variance of 16 even steps from -1 to 1, their mean taken from them


@dataclass(frozen=True, kw_only=True)
class Lit:
    """A sensor of PRNU under light whose pattern swings: 1 + tilt * pattern, tilt of each frame."""

    pattern: str = "across"
    swing: float = 0.0
    frames: int = 16
    gain: float = 0.25
    read_noise_e: float = 6.0
    tails: bool = False
    row_noise_e: float = 0.0
    band_e: float = 0.0
    bits: int = 12
    electrons: float = 6000.0
    spread: float = 0.0  # of the wells
    period: tuple[int, int] = (1, 1)
    seed: int = 7

    def taken(self) -> tuple[Moments, list[Level], Moments]:
        """The stack of flats, the pairs and the stack of darks."""
        draw = np.random.default_rng(self.seed)
        response = 1 + PRNU / 100 * draw.normal(size=(SIZE, SIZE))
        wells = WELL_E * (1 + self.spread * draw.normal(size=(SIZE, SIZE)))

        def frame(electrons: float, tilt: float = 0.0) -> NDArray[np.float64]:
            read = draw.standard_t(4, (SIZE, SIZE)) / 2**0.5 if self.tails else draw.normal(
                size=(SIZE, SIZE)
            )  # fmt: skip
            seen = np.minimum(
                draw.poisson(electrons * response * (1 + tilt * PATTERNS[self.pattern])), wells
            )
            seen = seen + self.read_noise_e * read + draw.normal(0, self.row_noise_e, (SIZE, 1))
            waves = 2 * np.pi * (5.3 * np.arange(SIZE) / SIZE + draw.random())
            seen += self.band_e * np.sin(waves)[:, None]
            return np.clip(np.rint(self.gain * seen + 60), 0, 2**self.bits - 1)

        def sums(frames: list[NDArray[np.float64]]) -> Moments:
            return gather(frames, period=self.period)

        dark = sums([frame(0.0), frame(0.0)])
        levels = [
            Level(
                exposure_time_s=0.01,
                photons=None,
                bright=sums([frame(e), frame(e)]),
                dark=dark,
                dark_time_s=0.01,
            )
            for e in np.linspace(0, 1.2 * WELL_E, 16)[1:]
        ]
        tilts = np.linspace(-self.swing, self.swing, self.frames)
        flat = sums([frame(self.electrons, tilt) for tilt in tilts])
        return flat, levels, sums([frame(0.0) for _ in tilts])


def prnu(flat: Moments, dark: Moments) -> Figure:
    """As `measure_noise` gives it."""
    images = [
        MeanImage(
            image=each.site_image((0, 0)),
            temporal_dn2=float(mean_and_variance(each, (0, 0), 2)[1][0]),
            frames=each.frames,
        )
        for each in (flat, dark)
    ]
    return response_nonuniformity(*images).total


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("swing", [0.012, 0.02, 0.04])
def test_light_that_moves_is_named_once_prnu_is_low_by_its_interval(
    pattern: str, swing: float
) -> None:
    """A swing from -s to s has a variance of 0.403 s^2, over 3 for the pattern's own.

    A 16th of it is taken off PRNU squared: 0.012 makes 0.5 % 0.488 %, off by its interval's
    +-0.010; 0.04 makes it 0.34 %.
    """
    flat, levels, dark = Lit(pattern=pattern, swing=swing).taken()
    found = prnu(flat, dark)
    assert found.value is not None
    assert found.half_width is not None
    expected = (PRNU**2 - (100 * swing) ** 2 * SWUNG / 3 / 16) ** 0.5
    assert found.value == pytest.approx(expected, abs=1.5 * found.half_width)
    assert PRNU - expected > found.half_width

    (fault,) = moving_light(100, flat, levels, "the stack")

    assert fault.serious
    assert "again" in fault.remedy
    assert ("tilts" in fault.what) == (pattern != "saddle")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "sound",
    [
        Lit(),
        Lit(row_noise_e=40.0),
        Lit(band_e=20.0),
        Lit(tails=True, read_noise_e=60.0, electrons=1500.0),
        Lit(bits=8, gain=0.012),
        Lit(frames=40),
        Lit(electrons=13_000.0, spread=0.05),
        Lit(period=(2, 2)),
    ],
    ids=["plain", "rows", "bands", "tails", "8 bits", "40 frames", "wells that fill", "bayer"],
)
def test_sound_stacks_are_not_accused(sound: Lit, seed: int) -> None:
    flat, levels, _ = Lit(**(vars(sound) | {"seed": seed})).taken()

    assert moving_light(100, flat, levels, "the stack") == []


def test_a_swing_that_prnu_does_not_feel_is_let_pass() -> None:
    """A swing of 0.3 % takes 0.0008 off 0.25: far above the noise, and harmless."""
    flat, levels, _ = Lit(swing=0.003).taken()

    assert smooth_excess(flat).value > 20 * smooth_excess(flat).error
    assert moving_light(100, flat, levels, "the stack") == []


def test_the_smooth_excess_is_the_patterns_variance() -> None:
    """By hand: 0.02 * 1500 DN, squared, 0.403 over the frames and 1 / 3 (1 + 2 / 95) in space.

    Lines' means are white noise of 6000 * 0.0625 / 96 DN^2: 1 % of the 123 DN^2 is chance.
    """
    flat, _, _ = Lit(swing=0.02).taken()

    expected = (0.02 * 1500) ** 2 * SWUNG / 3 * (SIZE + 1) / (SIZE - 1)
    assert smooth_excess(flat).value == pytest.approx(expected, rel=0.05)


def test_the_excess_over_the_pairs_is_the_patterns_variance() -> None:
    flat, levels, _ = Lit(pattern="saddle", swing=0.04).taken()
    found = transfer_excess(flat, levels, (0, 0))

    assert found is not None
    expected = (0.04 * 1500) ** 2 * SWUNG / 3 * ((SIZE + 1) / (SIZE - 1)) ** 2
    assert abs(found.value - expected) < 4 * found.error
    assert abs(smooth_excess(flat).value) < 5 * smooth_excess(flat).error


def test_a_stack_beyond_the_levels_or_that_is_a_level_itself_has_no_transfer() -> None:
    flat, levels, _ = Lit(swing=0.04).taken()
    own = [replace(levels[0], bright=flat)] * 9

    assert transfer_excess(flat, levels[:5], (0, 0)) is None
    assert transfer_excess(flat, [*own, *levels[:2]], (0, 0)) is None
    assert moving_light(100, flat, own, "the stack") != []


def test_small_frames_have_no_smooth_waves() -> None:
    tiny = gather([np.random.default_rng(seed).normal(100, 3, (12, 12)) for seed in range(16)])

    assert smooth_excess(tiny).value == 0
    assert smooth_excess(tiny).error == np.inf


@pytest.mark.parametrize("noise", ["white", "rows", "bands", "columns"])
def test_still_darks_with_noise_of_their_lines_are_not_accused(noise: str) -> None:
    draw = np.random.default_rng(8)
    lines = {
        "white": lambda: 0.0,
        "rows": lambda: np.cumsum(draw.normal(0, 0.3, (SIZE, 1)), 0),
        "bands": lambda: 3 * np.sin(0.1 * np.arange(SIZE)[:, None] + draw.uniform(0, 6)),
        "columns": lambda: draw.normal(0, 2, (1, SIZE)),
    }
    darks = [np.rint(64 + draw.normal(0, 3, (SIZE, SIZE)) + lines[noise]()) for _ in range(16)]

    assert moving_darks(100, gather(darks), "the stack") == []


def test_darks_that_lean_are_said_with_what_dsnu_loses() -> None:
    """By hand: s from 0 to 6 DN has a variance of 4.08 over 16 frames, its slope 1/3 in space."""
    draw = np.random.default_rng(8)
    slope, leans = np.linspace(-1, 1, SIZE), np.linspace(0, 6, 16)
    darks = [np.rint(64 + draw.normal(0, 3, (SIZE, SIZE)) + lean * slope) for lean in leans]
    lost = (leans.var(ddof=1) / 3 / 16) ** 0.5

    (fault,) = moving_darks(100, gather(darks), "the stack")

    assert f"by that of {lost:.2g} DN" in fault.what
    assert fault.serious
