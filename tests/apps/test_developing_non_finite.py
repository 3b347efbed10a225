"""A RAW frame with values that are no numbers is developed; none reaches what was measured."""

import pytest
import torch

from apps.developing import develop
from apps.picture_facts import automatic
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile


@pytest.mark.parametrize("choices", [
    {}, {"preset": "srgb_fast"}, {"wb": "grey_world", "exposure": "auto"},
    {"highlights": "rebuild"}, {"tone": "local_laplacian"}, {"camera": True},
])  # fmt: skip
def test_no_nan_reaches_a_measured_pixel(choices: dict[str, object]) -> None:
    profile = load_profile("NikonD850")
    dn = torch.full((1, 1, 60, 72), 3000.0)
    dn[..., 10:12, 10:14] = torch.tensor([float("nan"), float("inf"), 3000.0, -float("inf")])
    shot = Shot.single(iso=100.0, white_balance=(2.0, 1.0, 1.5))
    frame = Frame.start(dn, Domain.RAW, shot=shot, profile=profile)

    picture = develop(frame, **choices)

    measured = picture.measured.expand_as(picture.data)
    assert 0.5 < measured.float().mean() < 1
    assert torch.isfinite(picture.data[measured]).all()
    even = develop(Frame.start(torch.full_like(dn, 3000.0), Domain.RAW, shot=shot, profile=profile),
                   **choices)  # fmt: skip
    torch.testing.assert_close(picture.data[measured], even.data[measured])
    assert "6 DN were no finite numbers: not measured" in automatic(picture)
