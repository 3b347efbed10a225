"""Methods of the account give estimates of one kind, and the bound is the noise's own."""

import sys

import pytest
import torch

from apps.bench.denoising.captures import Case, captured
from apps.bench.denoising.methods import (
    amplified,
    classical,
    passes_of,
    photon_bound_db,
    shipped,
    vst_bm3d,
)
from apps.bench.raw_protocol import psnr_db
from enhance.nets.raw_nets import raw_net
from isp.core.errors import MissingError

LIGHT = torch.linspace(0.05, 0.8, 96).reshape(1, 1, 1, 96).expand(1, 4, 96, 96).contiguous()


def test_the_bound_is_what_the_amplified_capture_reaches() -> None:
    capture = captured(Case(camera="SonyA7S2", ratio=100.0, noise="poisson_gaussian"), LIGHT, 0)
    state = capture.captured()

    bound = photon_bound_db(LIGHT, float(state.white_e.mean()), float(state.dark_variance_e2))

    assert psnr_db(amplified(capture), LIGHT) == pytest.approx(bound, abs=0.15)


@pytest.mark.parametrize("model", ["fw-5k", "fw-1m"])
def test_shipped_weights_and_the_classical_stage_take_most_of_the_noise_off_a_ramp(
    model: str,
) -> None:
    capture = captured(Case(camera="NikonD850", ratio=100.0), LIGHT, 0)

    before, ours, without = (
        psnr_db(method(capture), LIGHT) for method in (amplified, shipped(model), classical)
    )

    assert ours > before + 10
    assert without > before + 5


def test_refining_steps_are_drawn_by_their_seed() -> None:
    capture = captured(Case(camera="NikonD850", ratio=100.0), LIGHT, 0)
    net = raw_net("fw-5k").eval()
    first, again, other = (passes_of(net, 2, seed=seed)(capture) for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_bm3d_is_asked_for_by_name_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm3d", None)
    capture = captured(Case(camera="NikonD850", ratio=100.0), LIGHT, 0)

    with pytest.raises(MissingError, match="pip install bm3d"):
        vst_bm3d(capture)
