"""What a development ends in, and where its tone curves stand, is known before a file is read."""

from dataclasses import replace

import torch

from apps.chosen_recipe import Choices
from apps.ending import Ending, ToneNames, ending, tone_names
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile


def test_the_presets_end_in_codes_or_in_light() -> None:
    assert ending(Choices(preset="srgb")) == Ending(Domain.SDR, "srgb")
    assert ending(Choices(preset="hdr_linear")) == Ending(Domain.LINEAR)


def test_a_curve_that_is_set_is_the_ending_s() -> None:
    choices = Choices(preset="srgb", settings=(("encode", "transfer", "pq"),))

    assert ending(choices) == Ending(Domain.SDR, "pq")


def test_tone_curves_are_found_by_stage_and_by_place() -> None:
    frame = Frame.start(
        torch.zeros(1, 1, 4, 4),
        Domain.RAW,
        shot=Shot.single(iso=100),
        profile=load_profile("SonyA7S2"),
    )
    choices = Choices(preset="srgb", tone="filmic")

    for each in (choices, replace(choices, tone=None)):
        assert tone_names(frame, each).curves == ("tone",)


def test_the_curves_before_a_step_count_the_step_itself() -> None:
    names = ToneNames(("demosaic", "tone", "encode"), ("tone",))

    assert names.before("demosaic") == ()
    assert names.before("tone") == ("tone",)
    assert names.before("encode") == ("tone",)
    assert names.before(None) == names.before("elsewhere") == ()
