"""No tone curve leaves every number alone."""

import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.stages.tone.none import NoTone


def test_linear_light_passes_bit_for_bit() -> None:
    linear = torch.tensor([-0.1, 0.0, 0.18, 1.0, 400.0, 1e-30]).reshape(1, 3, 1, 2)

    toned = NoTone().develop(Frame.start(linear, Domain.LINEAR))

    assert torch.equal(toned.data, linear)
    assert toned.history == (("no_tone", {}),)


def test_the_result_is_not_the_same_storage() -> None:
    linear = torch.ones(1, 3, 2, 2)

    NoTone()(linear).zero_()

    assert linear.eq(1).all()
