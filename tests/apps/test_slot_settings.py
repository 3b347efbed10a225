"""`--set` reaches the parameters of a user's own stage, or says what can be set."""

from pathlib import Path
from typing import Any

import pytest
import torch

from apps.developing import develop
from isp.core.errors import UsageError

STAGES = """
from isp.core.domain import Domain
from isp.core.stage import Stage

class Scale(Stage):
    domain_in = domain_out = Domain.MOSAIC
    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor
    def forward(self, mosaic):
        return mosaic * self.factor

class WhiteBalance(Scale):
    pass

def halve(mosaic):
    return mosaic / 2
"""


@pytest.fixture
def stages(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(STAGES)
    return str(tmp_path / "mine.py")


def light(raw: Path, slot: str, *settings: tuple[str, str, Any]) -> torch.Tensor:
    picture = develop(
        raw, preset="hdr_linear", highlights="cut", slots=(slot,), settings=settings,
        demosaic="bilinear",  # linear in the light, down to the last electron
    )  # fmt: skip
    return picture.data[picture.measured.expand_as(picture.data)]


@pytest.mark.parametrize(
    ("slot", "name"),
    [("after:black_level={}:Scale", "scale"), ("white_balance={}:Scale", "white_balance"),
     ("{}:WhiteBalance", "white_balance"), ("after:black_level={}:Scale", "Scale"),
     ("white_balance={}:Scale", "Scale"), ("{}:WhiteBalance", "WhiteBalance")],
)  # fmt: skip
def test_a_class_takes_the_settings_of_its_constructor(
    slot: str, name: str, stages: str, steps_dng: Path
) -> None:
    scaled = light(steps_dng, slot.format(stages), (name, "factor", 0.5))

    plain = light(steps_dng, slot.format(stages))
    uncut = plain < 0.5  # half the light is cut at white nowhere, the whole near it
    assert uncut.float().mean() > 0.5
    torch.testing.assert_close(scaled[uncut], plain[uncut] / 2)


@pytest.mark.parametrize(
    ("slot", "setting", "told"),
    [
        (
            "after:black_level={}:Scale",
            ("scale", "power", 2),
            "Scale has no power; it takes factor",
        ),
        ("after:black_level={}:halve", ("halve", "by", 3), "takes no by: a function, a program"),
        ("after:black_level={}:Scale", ("other", "by", 3), 'no stage is named "other"; stages: '),
        ("white_balance={}:Scale", ("white_balance", "gains", "as_shot"), "Scale has no gains"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(
    slot: str, setting: tuple[str, str, Any], told: str, stages: str, steps_dng: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        light(steps_dng, slot.format(stages), setting)


def test_any_stage_s_output_can_be_rounded(stages: str, steps_dng: Path) -> None:
    rounded = develop(
        steps_dng, camera=True, preset="hdr_linear", demosaic="bilinear",
        slots=(f"white_balance={stages}:halve",), settings=(("white_balance", "bits", 4),),
    )  # fmt: skip

    codes = rounded.data[0, :, 5:-5, 5:-5] * 15 * 4  # bilinear: means of up to four codes
    torch.testing.assert_close(codes, codes.round(), rtol=0, atol=1e-3)
