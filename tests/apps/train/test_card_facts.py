"""Facts of nets whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from apps.train import card_facts
from apps.train.card_facts import LEVELS, RATIOS, even_light_facts
from apps.train.eld_lines import ELD_LINES
from apps.train.training_cameras import TrainingCameras
from enhance.nets.adaptive_residual import Heads
from enhance.nets.raw_net import RawNet
from isp.files.profile import load_profile

CAMERAS = TrainingCameras(lines=(ELD_LINES["SonyA7S2"], ELD_LINES["CanonEOS70D"]))


class Mixed(RawNet):
    """F = share x + offset; share 1 is the identity, 0 a constant."""

    def __init__(self, share: float, offset: float = 0.0) -> None:
        super().__init__()
        self.share, self.offset = share, offset
        self.halo, self.multiple = 0, 1

    def heads(self, amplified: Tensor, *_: Tensor | None) -> Heads:
        value = self.share * amplified + self.offset
        return Heads(share=torch.ones_like(amplified[:, :1]), direct=value, corrected=value)


@pytest.mark.parametrize(("share", "left"), [(1.0, 1.0), (0.5, 0.25), (0.0, 0.0)])
def test_noise_left_is_the_square_of_the_share_that_passes(share: float, left: float) -> None:
    facts = even_light_facts(Mixed(share), CAMERAS, (1.0, 300.0))

    # Light is put back: a mean over some 80 x 80 values comes from the capture, noise and all.
    assert facts["noise_left"]["mean"] == pytest.approx(left, abs=1e-3)
    assert facts["noise_left"]["shot"] == pytest.approx(left, rel=0.02, abs=1e-3)
    assert facts["noise_left"]["dark"] == pytest.approx(left, rel=0.05, abs=1e-3)
    assert facts["even_light_cases"] == 2 * len(LEVELS) * RATIOS


def test_bias_is_what_was_added_whatever_the_noise() -> None:
    facts = even_light_facts(Mixed(1.0, -0.003), CAMERAS, (1.0, 300.0))

    assert facts["bias"]["mean"] == pytest.approx(-0.003, abs=1e-6)
    assert facts["bias"]["worst"] == pytest.approx(-0.003, abs=1e-5)


def test_worst_is_the_case_that_is_furthest_off() -> None:
    facts = even_light_facts(Mixed(0.0), CAMERAS, (1.0, 2.0), noise="poisson_gaussian")

    # A black picture is wrong by the level itself; its mean is measured on 64 x 64 x 4 values.
    assert facts["bias"]["worst"] == pytest.approx(-max(LEVELS), abs=1e-3)
    assert facts["bias"]["mean"] == pytest.approx(-sum(LEVELS) / 3, abs=1e-3)


def test_the_same_call_says_the_same_and_another_seed_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(card_facts, "LEVELS", (0.1,))
    net = Smooth()

    one, again, other = (
        even_light_facts(net, CAMERAS, (1.0, 300.0), seed=seed)["noise_left"]["mean"]
        for seed in (1, 1, 2)
    )

    assert one == again != other


class Smooth(RawNet):
    """The mean of 4 x 4: it leaves a sixteenth of white noise, and more of rows."""

    halo, multiple = 2, 1

    def heads(self, amplified: Tensor, *_: Tensor | None) -> Heads:
        value = torch.nn.functional.avg_pool2d(amplified, 4, stride=1, padding=2)[..., :-1, :-1]
        return Heads(share=torch.ones_like(amplified[:, :1]), direct=value, corrected=value)


def test_a_mean_of_sixteen_leaves_a_sixteenth_of_white_noise() -> None:
    facts = even_light_facts(Smooth(), CAMERAS, (1.0, 300.0), noise="poisson_gaussian")

    # Neighbours overlap: about 64 x 64 x 4 / 16 free values a case, 24 cases, and the mean of a
    # small patch takes off 1 in 256 of them.
    assert facts["noise_left"]["mean"] == pytest.approx(
        1 / 16, rel=4 * (2 / 24 / 1024) ** 0.5 + 1 / 256
    )


def test_parts_that_cannot_be_told_apart_have_one_share() -> None:
    """What is left falls as the share of dark noise rises: one of the two would end at nothing."""
    shot = np.array([1.0, 1.0, 1.0])
    dark = np.array([0.1, 1.0, 10.0])
    left = np.array([0.5, 0.4, 0.3])

    found = card_facts._shares(np.stack([shot, dark], axis=1) / left[:, None])

    alike = np.exp(np.log(left / (shot + dark)).mean())
    assert found == pytest.approx((alike, alike))


def test_a_profile_is_measured_at_isos_between_its_readings() -> None:
    cameras = TrainingCameras(profile=load_profile("GenericPhone"))

    facts = even_light_facts(Mixed(1.0), cameras, (1.0, 8.0))

    assert facts["noise_left"]["mean"] == pytest.approx(1.0)
    assert facts["even_light_cases"] == 3 * len(LEVELS) * RATIOS
