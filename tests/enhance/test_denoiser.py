"""The raw denoiser keeps phase, black, brightness and clipped light, whatever its weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from enhance.denoiser import ExposureDiffusion
from enhance.nets.raw_nets import raw_net
from enhance.weights import write_weights
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, MissingError, UsageError
from isp.core.frame import Frame
from isp.stages.highlights import Highlights
from tests.stage_cases import NET, frame_in
from tests.strategies import BAYER_PHASES

NOISE = (1e-4, 1e-6)


@pytest.fixture
def nothing_done(tmp_path: Path) -> str:
    """Weights whose estimate is the capture itself: no share of the new value, no correction."""
    net = raw_net("fw-5k")
    for name, weight in net.named_parameters():
        torch.nn.init.zeros_(weight)
        if name.endswith("ending.bias"):
            with torch.no_grad():
                weight[0] = -60.0  # of a sigmoid, of which nothing is left
    path = tmp_path / "nothing.safetensors"
    write_weights(net, path, {"network": "fw-5k"})
    return str(path)


def sound(frame: Frame) -> Frame:
    everywhere = torch.ones_like(frame.measured)
    return replace(frame, measured=everywhere, clipped=~everywhere)


def coloured(cfa: Cfa, size: tuple[int, int]) -> Frame:
    """A mosaic of noise round a level of each colour."""
    levels = cfa.spread(torch.tensor([[0.1, 0.4, 0.7]]), *size)
    noise = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(4))
    return Frame.start(levels + 0.02 * noise, Domain.MOSAIC, profile=None)


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda c: str(getattr(c, "name", c)))
@pytest.mark.parametrize(
    "size", [(17, 22), (1, 2), (33, 1)], ids=lambda c: str(getattr(c, "name", c))
)
def test_an_estimate_that_is_the_capture_gives_the_capture_at_every_phase(
    cfa: Cfa, size: tuple[int, int], nothing_done: str
) -> None:
    frame = coloured(cfa, size)

    same = ExposureDiffusion(cfa, nothing_done, ratio=30.0, noise=NOISE).develop(frame)
    longer = ExposureDiffusion(cfa, nothing_done, ratio=30.0, scale="ratio", noise=NOISE).develop(
        frame
    )

    torch.testing.assert_close(same.data, frame.data, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(longer.data, 30 * frame.data, rtol=1e-4, atol=3e-4)


def test_a_mosaic_of_another_phase_is_the_same_picture_a_row_later() -> None:
    tall = coloured(Cfa.RGGB, (39, 30))
    later = replace(
        tall, data=tall.data[..., 1:, :].contiguous(), measured=tall.measured[..., 1:, :],
        clipped=tall.clipped[..., 1:, :], generated=tall.generated[..., 1:, :],
    )  # fmt: skip

    whole = ExposureDiffusion(Cfa.RGGB, NET, noise=NOISE).develop(tall).data
    part = ExposureDiffusion(Cfa.GBRG, NET, noise=NOISE).develop(later).data

    # Its first row is what the other one mirrors from its third: pixels beside it differ.
    spread = float((part[..., 10:, :] - whole[..., 11:, :]).abs().mean())
    assert spread < 0.05 * float(whole.std())


def test_strength_mixes_the_result_with_what_came() -> None:
    frame = sound(frame_in(Domain.MOSAIC, Cfa.RGGB))

    whole, half = (
        ExposureDiffusion(Cfa.RGGB, NET, strength=s).develop(frame).data for s in (1.0, 0.5)
    )

    torch.testing.assert_close(half, (whole + frame.data) / 2, rtol=0, atol=1e-6)


def test_clipped_light_stays_as_bright_as_it_came_and_the_masks_stay() -> None:
    frame = frame_in(Domain.MOSAIC, Cfa.RGGB)

    developed = ExposureDiffusion(Cfa.RGGB, NET).develop(frame)

    assert bool(frame.clipped.any())
    assert bool((developed.data >= frame.data)[frame.clipped].all())
    for name in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(developed, name), getattr(frame, name))


def test_clipped_light_of_a_longer_exposure_saturates_where_the_sensor_did() -> None:
    frame = frame_in(Domain.MOSAIC, Cfa.RGGB)
    longer = ExposureDiffusion(Cfa.RGGB, NET, ratio=8.0, scale="ratio").develop(frame)
    same = ExposureDiffusion(Cfa.RGGB, NET, ratio=8.0).develop(frame)

    limited, at_one = (Highlights(Cfa.RGGB).develop(each).data for each in (longer, same))

    assert float((at_one - same.data).abs().max()) > 0.01  # there was something to limit
    torch.testing.assert_close(limited, 8 * at_one, rtol=1e-5, atol=1e-5)


def test_the_profile_s_error_of_the_black_level_is_taken_off_first(nothing_done: str) -> None:
    frame = sound(frame_in(Domain.MOSAIC, Cfa.RGGB, batch=1))
    profile = frame.need_profile()
    bias = (2.0, -1.0, 0.5, 4.0)
    knows = profile.with_fields(
        readings=tuple(replace(r, colour_bias_dn=bias) for r in profile.readings)
    )

    done = ExposureDiffusion(Cfa.RGGB, nothing_done).develop(replace(frame, profile=knows)).data

    span = torch.tensor([[4000.0 - 60 - site for site in range(4)]])
    off = Cfa.RGGB.spread_sites(torch.tensor([bias]) / span, *frame.size)
    torch.testing.assert_close(done, frame.data - off, rtol=1e-4, atol=1e-5)


def drawn(seed: int) -> Tensor:
    stage = ExposureDiffusion(Cfa.RGGB, NET, ratio=8.0, steps=1, seed=seed)
    return stage.develop(sound(frame_in(Domain.MOSAIC, Cfa.RGGB, batch=1))).data


def test_steps_are_drawn_by_the_seed_alone() -> None:
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


def test_weights_are_the_same_to_a_seed_wherever_they_lie(tmp_path: Path) -> None:
    for suffix in (".safetensors", ".json"):
        source = Path(NET).with_suffix(suffix)
        (tmp_path / source.name).write_bytes(source.read_bytes())
    frame = sound(frame_in(Domain.MOSAIC, Cfa.RGGB, batch=1))

    moved = ExposureDiffusion(
        Cfa.RGGB, str(tmp_path / Path(NET).name), ratio=8.0, steps=1, seed=1
    ).develop(frame)

    assert torch.equal(moved.data, drawn(1))


def test_bfloat16_is_what_float32_is_to_its_digits() -> None:
    frame = sound(frame_in(Domain.MOSAIC, Cfa.RGGB, batch=1))

    whole, half = (
        ExposureDiffusion(Cfa.RGGB, NET, precision=p).develop(frame).data
        for p in ("float32", "bfloat16")
    )

    off = float((whole - half).abs().mean() / whole.abs().mean())
    assert 0 < off < 2**-7  # eight digits, rounded at each layer


def test_the_history_says_which_weights_made_it() -> None:
    [*_, (name, said)] = (
        ExposureDiffusion(Cfa.RGGB, NET).develop(frame_in(Domain.MOSAIC, Cfa.RGGB)).history
    )

    assert name == "exposure_diffusion"
    assert (said["model"], said["ratio"], said["scale"], said["seed"]) == (NET, 1.0, "same", 0)
    assert len(said["weights_sha256"]) == 64


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ratio": 0.5}, "1 to 65536"), ({"scale": "white"}, "ratio or same"),
        ({"strength": 0.0}, "strength is above 0"), ({"precision": "float16"}, "bfloat16"),
        ({"steps": -1}, "0 or more"), ({"noise": (0.0, 1e-6)}, "slope above 0"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ExposureDiffusion(Cfa.RGGB, NET, **settings)  # type: ignore[arg-type]  # that is the test


def test_a_pattern_that_is_not_bayer_is_refused() -> None:
    with pytest.raises(UsageError, match="a Bayer mosaic, not XTRANS"):
        ExposureDiffusion(Cfa.XTRANS, NET)


def test_weights_that_nobody_has_are_named() -> None:
    with pytest.raises(MissingError, match='named "fw-9z"'):
        ExposureDiffusion(Cfa.RGGB, "fw-9z")


def test_a_balanced_mosaic_is_refused_for_its_noise_is_no_longer_the_sensor_s() -> None:
    frame = replace(frame_in(Domain.MOSAIC, Cfa.RGGB), balanced=True)

    with pytest.raises(FrameError, match="white_balance has changed the noise"):
        ExposureDiffusion(Cfa.RGGB, NET).develop(frame)
