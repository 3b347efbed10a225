"""What holds for every raw network: one contract, asked of each name of the table."""

import numpy as np
import pytest
import torch
from torch import Tensor

from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import RAW_NETS
from tests.enhance.nets.seeded import seeded
from tests.exports import exported

PARITY = 1e-4
# One of each backbone and of each conditioning that is small enough for every run of the tests.
QUICK_GRAPHS = ("fw-5k", "nafnet-1", "fw-5k-noise-map", "fw-5k-photon-capture")
EVERY = [*RAW_NETS]
GRAPHS = [
    name if name in QUICK_GRAPHS else pytest.param(name, marks=pytest.mark.slow) for name in EVERY
]
COMPILED = [n if n == "fw-5k" else pytest.param(n, marks=pytest.mark.slow) for n in EVERY]
SMALL = [name for name in EVERY if name.startswith(("fw-5k", "fw-100k", "nafnet-1"))]
TILED = [*SMALL, *(pytest.param(n, marks=pytest.mark.slow) for n in EVERY if n not in SMALL)]


def inputs_for(net: RawNet, size: tuple[int, int], batch: int) -> tuple[Tensor, ...]:
    """A dark noisy picture of `size`, its electrons at white and its noise in the dark."""
    generator = torch.Generator().manual_seed(batch)
    picture = torch.rand(batch, 4, *size, generator=generator)
    noise = torch.randn(batch, 4, *size, generator=generator)
    white_e = torch.linspace(60, 200, batch).reshape(-1, 1, 1, 1)
    variance = torch.linspace(2, 9, batch).reshape(-1, 1, 1, 1)
    state = picture + noise * 0.1
    capture = (state - 0.05 * noise,) if net.takes_capture else ()
    return (state, white_e, variance, *capture)


def sizes_of(net: RawNet) -> tuple[tuple[int, int], tuple[int, int]]:
    m = net.multiple
    return ((3 * m, 2 * m), (2 * m, 5 * m)) if m > 1 else ((13, 18), (9, 22))


@pytest.mark.parametrize("name", SMALL)
def test_a_batch_is_its_pictures_one_by_one(name: str) -> None:
    net = seeded(name)
    inputs = inputs_for(net, (16, 24), 3)

    together = net(*inputs)

    alone = torch.cat([net(*(tensor[i : i + 1] for tensor in inputs)) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", TILED)
def test_a_tile_with_its_halo_is_the_whole_unless_the_net_pools(name: str) -> None:
    net = seeded(name)
    m = net.multiple
    margin = -(-net.halo // m) * m
    side = 2 * margin + 2 * m  # of the tile, the margin round it counted
    state, white_e, variance, *capture = inputs_for(net, (side + 4 * m, side + 2 * m), 1)
    inside = (..., slice(2 * m, 2 * m + side), slice(m, m + side))
    kept = (..., slice(margin, margin + 2 * m), slice(margin, margin + 2 * m))

    with torch.no_grad():
        whole = net(state, white_e, variance, *capture)[inside][kept]
        tile = net(state[inside], white_e, variance, *(c[inside] for c in capture))[kept]

    same = float((tile - whole).abs().max()) <= 1e-5
    assert same is not net.pools_frame


@pytest.mark.parametrize("name", SMALL)
def test_a_gradient_reaches_every_weight_and_the_state(name: str) -> None:
    net = seeded(name)
    state, *rest = inputs_for(net, (16, 16), 2)
    state.requires_grad_()

    (net(state, *rest) - 0.5).square().mean().backward()

    gradients = {n: p.grad for n, p in net.named_parameters()} | {"state": state.grad}
    for part, gradient in gradients.items():
        assert gradient is not None, part
        assert bool(torch.isfinite(gradient).all()), part
        assert float(gradient.abs().max()) > 0, part


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", GRAPHS)
def test_the_exported_graph_gives_what_eager_gives_at_other_sizes(name: str) -> None:
    net = seeded(name)
    side = 4 * net.multiple if net.multiple > 1 else 12
    run = exported(net, inputs_for(net, (side, side + net.multiple), 2))

    for batch, size in zip((1, 3), sizes_of(net), strict=True):
        inputs = inputs_for(net, size, batch)
        with torch.no_grad():
            eager = net(*inputs).numpy()
        assert np.ptp(eager) > 0.1
        np.testing.assert_allclose(run(inputs), eager, rtol=0, atol=PARITY)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", COMPILED)
def test_a_net_compiles_as_one_graph_of_any_size(name: str) -> None:
    torch._dynamo.reset()
    net = seeded(name)
    compiled = torch.compile(net, fullgraph=True, dynamic=True)

    with torch.no_grad():
        for batch, size in zip((2, 3), sizes_of(net), strict=True):
            inputs = inputs_for(net, size, batch)
            torch.testing.assert_close(compiled(*inputs), net(*inputs), rtol=0, atol=PARITY)
