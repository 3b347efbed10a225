"""ExposureDiffusion: a short exposure grows into a long one, photon by simulated photon.

Equations are numbered as in Wang et al., "ExposureDiffusion: Learning to Expose for Low-light Image
Enhancement", ICCV 2023. A state s_t is electrons: what the sensor has collected by the exposure
lambda_t, in units of the capture's. The capture is s_T at lambda_T = 1, the reference's exposure is
the ratio r. E(lambda) = lambda W / (r K) electrons stand for 1.0, white of the reference.
No answer is asked for on the way: what comes out rests on the capture and the profile alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from enhance.nets.raw_net import RawNet
from isp.core.errors import UsageError
from isp.core.poisson import poisson
from isp.core.poisson_series import LARGEST_RATE
from isp.core.rng import Draws, normal

INCREMENTS = ("cumulative", "chain")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Captured:
    """A batch of captures as electrons, packed: the state s_T.

    electrons: (DN - black) / K, its negatives kept. white_e: E(1) = W / (r K), electrons that 1.0
    of the reference stands for in the capture. dark_variance_e2: of all noise that is there
    without light. The last two per image, or per image and plane.
    """

    electrons: Float[Tensor, "b 4 h w"]
    white_e: Float[Tensor, "b #s 1 1"]
    dark_variance_e2: Float[Tensor, "b #s 1 1"]

    def amplified(
        self, state: Float[Tensor, "b 4 h w"], exposure: float
    ) -> Float[Tensor, "b 4 h w"]:
        """x_t = s_t / E(lambda_t): the state as bright as the reference."""
        return state / (exposure * self.white_e)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How a state grows from pass to pass.

    increment: `cumulative` draws the whole synthetic exposure afresh from the newest estimate;
        `chain`, equation 10 as printed, adds to the last state. With one fixed estimate both give
        the same law at each exposure.
    poisson: False adds the mean of each increment in place of a draw.
    read_noise_e: standard deviation that each increment brings, as if it had been read out by
        itself; 0 in the paper.

    Raises UsageError for another increment or a noise below 0.
    """

    increment: str = "cumulative"
    poisson: bool = True
    read_noise_e: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.increment not in INCREMENTS:
            raise UsageError(f'increments are {" or ".join(INCREMENTS)}, not "{self.increment}"')
        if not 0 <= self.read_noise_e < float("inf"):
            raise UsageError(f"read_noise_e is 0 or more, not {self.read_noise_e}")


def grown(
    captured: Captured,
    state: Float[Tensor, "b 4 h w"],
    estimate: Float[Tensor, "b 4 h w"],
    exposures: tuple[float, float],
    draws: Draws,
    block: int,
    growth: Growth,
) -> Float[Tensor, "b 4 h w"]:
    """The next state s_{t-1} of `state`, s_t, by equation 10 (`chain`) or its cumulative form.

    estimate: F(x_t), 1.0 = white of the reference; below 0 it sends no photons.
    exposures: lambda_t and lambda_{t-1}, rising.
    draws, block: of the photosites of the mosaic that the planes are packed from, a block for
        each step. The gradient goes through the mean of a draw, straight.

    Raises UsageError for more than 2^24 electrons at a photosite.
    """
    now, then = exposures
    chain = growth.increment == "chain"
    added_e = (then - (now if chain else 1.0)) * captured.white_e
    mean = (estimate * added_e).clamp(min=0.0)
    if growth.poisson:
        if float(mean.detach().max()) > LARGEST_RATE:
            raise UsageError(
                f"an increment of {float(mean.detach().max()):g} electrons is beyond 2^24; take "
                "a smaller ratio or more steps"
            )
        words = packed_words(draws, mean, 2 * block)
        mean = poisson(mean, words)
    if growth.read_noise_e > 0:
        deviation = normal(packed_words(draws, mean, 2 * block + 1)).to(mean.dtype)
        mean = mean + growth.read_noise_e * deviation
    return (state if chain else captured.electrons) + mean


def passes(
    net: RawNet,
    captured: Captured,
    exposures: Sequence[float],
    draws: Draws,
    growth: Growth | None = None,
) -> Iterator[tuple[Float[Tensor, "b 4 h w"], float, Float[Tensor, "b 4 h w"]]]:
    """Every pass: what the network saw, x_t, at which exposure, and its estimate F(x_t).

    exposures: lambda of each pass, 1 first; see `enhance.schedule.exposures`.

    Raises UsageError for exposures that do not rise from 1.

    Source: ExposureDiffusion, Algorithms 1 and 2.
    """
    growth = growth or Growth()
    rising = all(a <= b for a, b in pairwise(exposures))
    if not exposures or exposures[0] != 1 or not rising:
        raise UsageError(f"exposures rise from 1, not {list(exposures)}")
    state = captured.electrons
    beside = (captured.amplified(state, 1.0),) if net.takes_capture else ()
    for step, exposure in enumerate(exposures):
        amplified = captured.amplified(state, exposure)
        white_e = exposure * captured.white_e
        estimate = net(amplified, white_e, captured.dark_variance_e2, *beside)
        yield amplified, exposure, estimate
        if step + 1 < len(exposures):
            ends = exposure, exposures[step + 1]
            state = grown(captured, state, estimate, ends, draws, step, growth)


def refined(
    net: RawNet,
    captured: Captured,
    exposures: Sequence[float],
    draws: Draws,
    growth: Growth | None = None,
) -> Float[Tensor, "b 4 h w"]:
    """The estimate of the last pass, 1.0 = white of the reference.

    Source: ExposureDiffusion, Algorithm 2.
    """
    *_, (_, _, estimate) = passes(net, captured, exposures, draws, growth)
    return estimate


def packed_words(draws: Draws, like: Float[Tensor, "b 4 h w"], block: int) -> Tensor:
    """One word for each photosite of the 2 x 2 cells, as the planes lie."""
    height, width = like.shape[-2:]
    words = draws.words(2 * height, 2 * width, like.device, block)  # (b, 1, 2h, 2w)
    cells = words.reshape(-1, height, 2, width, 2).permute(0, 2, 4, 1, 3)
    return cells.reshape(-1, 4, height, width).expand(like.shape)
