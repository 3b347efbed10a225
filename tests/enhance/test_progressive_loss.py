"""Algorithm 1: every pass counts alike, and gradients flow through the states."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from enhance.exposure_diffusion import Captured, Growth, packed_words
from enhance.losses.decibels import FLOOR
from enhance.nets.adaptive_residual import Heads
from enhance.nets.raw_net import RawNet
from enhance.progressive_loss import LOSSES, progressive_loss
from isp.core.errors import UsageError
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect

AT = (1.0, 17.0, 60.0)
SHAPE = (2, 4, 6, 8)


class Small(RawNet):
    """Two weights: the share, and what is added to a state; it counts its passes."""

    halo, multiple = 0, 1

    def __init__(self, clip_max: float | None = None, takes_capture: bool = False) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.8))
        self.offset = nn.Parameter(torch.tensor(0.05))
        self.clip_max, self.takes_capture = clip_max, takes_capture
        self.seen: list[tuple[Tensor, Tensor, Tensor | None]] = []

    def heads(
        self, amplified: Tensor, white_e: Tensor, dark: Tensor, capture: Tensor | None = None
    ) -> Heads:
        self.seen.append((amplified, white_e, capture))
        return Heads(
            share=torch.full_like(amplified[:, :1], 0.25),
            direct=self.gain * amplified + self.offset,
            corrected=amplified * 0.9 + self.offset,
        )


def clean() -> Tensor:
    return torch.rand(SHAPE, generator=torch.Generator().manual_seed(1)) * 0.8 + 0.1


def captured() -> Captured:
    white_e = torch.tensor([12.0, 40.0]).reshape(2, 1, 1, 1)
    noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(2))
    return Captured(
        electrons=clean() * white_e + 2 * noise,
        white_e=white_e,
        dark_variance_e2=torch.full((2, 1, 1, 1), 4.0),
    )


def draws() -> Draws:
    return Draws(
        seed=9, effect=Effect.NETWORK, sensor="increments", item=torch.tensor([5, 6])
    )  # fmt: skip


def plain_reference(net: Small, kind: str, increment: str, drawn: bool = True) -> Tensor:
    """Algorithm 1 as printed, in its own words: one pass after the other, nothing shared."""
    start, truth, total = captured(), clean(), torch.zeros(())
    state = start.electrons
    for k, exposure in enumerate(AT):
        x = state / (exposure * start.white_e)
        direct, corrected = net.gain * x + net.offset, 0.9 * x + net.offset
        if net.clip_max is None:
            found = 0.25 * direct + 0.75 * corrected
        else:
            found = 0.25 * direct.clamp(0, 1) + 0.75 * corrected.clamp(0, 1)
        if kind == "decibels":
            for image in range(len(found)):
                squared = ((found[image] - truth[image]) ** 2).mean() + FLOOR
                total = total + 10 * torch.log10(squared) / len(found)
        else:
            aside = 0.25 * (direct - truth).abs() + 0.75 * (corrected - truth).abs()
            total = total + aside.mean()
            if kind == "l1":
                total = total + (found - truth).abs().mean()
            else:
                floor = torch.maximum(1 / (exposure * start.white_e), torch.tensor(1e-3))
                model, rate = found.clamp(min=0) + floor, truth + floor
                total = total + (model * torch.log(model / rate) + rate - model).mean()
        if k + 1 < len(AT):
            before = exposure if increment == "chain" else 1.0
            mean = (found * (AT[k + 1] - before) * start.white_e).clamp(min=0)
            if drawn:
                counts = poisson(mean.detach(), packed_words(draws(), mean, 2 * k))
                mean = mean + (counts - mean).detach()
            state = (state if increment == "chain" else start.electrons) + mean
    return total / len(AT)


@pytest.mark.parametrize("clip_max", [None, 1.0])
@pytest.mark.parametrize("increment", ["chain", "cumulative"])
@pytest.mark.parametrize("kind", LOSSES)
def test_value_and_gradient_are_those_of_the_algorithm_written_out(
    kind: str, increment: str, clip_max: float | None
) -> None:
    net, plain = Small(clip_max), Small(clip_max)
    growth = Growth(increment=increment)

    value = progressive_loss(net, captured(), clean(), AT, draws(), kind=kind, growth=growth)
    expected = plain_reference(plain, kind, increment)
    value.backward()
    expected.backward()

    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    for name in ("gain", "offset"):
        one, other = getattr(net, name).grad, getattr(plain, name).grad
        assert float(one) == pytest.approx(float(other), rel=1e-4)
        assert float(one) != 0


@pytest.mark.parametrize("kind", LOSSES)
def test_every_pass_weighs_alike(kind: str) -> None:
    net = Small()

    def of_one_pass(amplified: Tensor) -> float:
        white_e = torch.full((2, 1, 1, 1), 1e9)
        bright = Captured(electrons=amplified * white_e, white_e=white_e,
                          dark_variance_e2=torch.zeros(2, 1, 1, 1))  # fmt: skip
        return progressive_loss(net, bright, clean(), (1.0,), draws(), kind=kind).item()

    value = progressive_loss(net, captured(), clean(), AT, draws(), kind=kind).item()
    states = [amplified.detach() for amplified, _, _ in net.seen]
    alone = [of_one_pass(state) for state in states]

    # The floor of the divergence is an electron of the state's, which here is 1e-3 at least.
    assert len(states) == len(AT)
    assert value == pytest.approx(sum(alone) / len(AT), rel=0.02 if kind == "divergence" else 1e-4)
    assert len({round(a, 3) for a in alone}) == len(AT)  # or a weight would not be seen


def test_no_refining_is_one_pass_over_the_capture() -> None:
    net, start = Small(), captured()

    value = progressive_loss(net, start, clean(), (1.0,), draws())

    estimate = net(start.electrons / start.white_e, start.white_e, start.dark_variance_e2)
    squared = (estimate - clean()).square().mean((1, 2, 3))
    assert len(net.seen) == 2
    expected = (10 * torch.log10(squared + FLOOR)).mean().item()
    assert value.item() == pytest.approx(expected, abs=1e-4)


def test_the_gradient_of_the_last_pass_reaches_the_weights_through_the_states() -> None:
    net = Small()

    def loss_of_last(value: Tensor) -> Tensor:
        net.gain.data = value.detach().clone()
        return progressive_loss(
            net, captured(), clean(), AT, draws(), kind="l1", growth=Growth(poisson=False)
        )

    value = loss_of_last(torch.tensor(0.8))
    value.backward()
    analytic = float(net.gain.grad)  # type: ignore[arg-type]
    with torch.no_grad():
        step = 1e-3
        up, down = (float(loss_of_last(torch.tensor(0.8 + s))) for s in (step, -step))

    # A finite difference knows of every path; absolute values have a corner at few pixels.
    assert analytic == pytest.approx((up - down) / (2 * step), rel=0.05)
    states = [amplified for amplified, _, _ in net.seen[:3]]
    assert [state.requires_grad for state in states] == [False, True, True]


def test_each_pass_sees_the_white_of_its_exposure_and_the_capture_where_asked() -> None:
    net, start = Small(takes_capture=True), captured()

    progressive_loss(net, start, clean(), AT, draws())

    for (_, white_e, capture), exposure in zip(net.seen, AT, strict=True):
        torch.testing.assert_close(white_e, exposure * start.white_e)
        assert capture is not None
        torch.testing.assert_close(capture, start.electrons / start.white_e)


def test_light_that_left_the_clip_still_finds_its_way_back() -> None:
    net = Small(clip_max=1.0)
    net.offset.data.fill_(-5.0)  # both heads far below 0, where the clips have no slope

    for kind, found in (("decibels", False), ("l1", True), ("divergence", True)):
        net.zero_grad()
        progressive_loss(net, captured(), clean(), (1.0,), draws(), kind=kind).backward()
        assert net.offset.grad is not None
        assert (float(net.offset.grad) < 0) is found, kind


def test_another_loss_is_refused() -> None:
    with pytest.raises(UsageError, match='the loss is decibels, l1, divergence, not "l2"'):
        progressive_loss(Small(), captured(), clean(), AT, draws(), kind="l2")


def test_decibels_are_ten_logarithms_of_ten() -> None:
    assert float(F.mse_loss(torch.tensor([0.1]), torch.tensor([0.0]))) == pytest.approx(0.01)
    net = Small()
    net.gain.data.fill_(0.0)
    net.offset.data.fill_(0.0)
    start = Captured(electrons=torch.zeros(SHAPE), white_e=torch.ones(2, 1, 1, 1),
                     dark_variance_e2=torch.ones(2, 1, 1, 1))  # fmt: skip

    value = progressive_loss(net, start, torch.full(SHAPE, 0.1), (1.0,), draws())

    assert value.item() == pytest.approx(10 * math.log10(0.01 + FLOOR), abs=1e-4)
