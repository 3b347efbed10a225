"""What a development ends in, and where its tone curves stand, is known before a file is read."""

from dataclasses import replace

from apps.developing import Choices
from apps.ending import Ending, ToneNames, ending, tone_names
from isp.core.domain import Domain
from tests.apps.samples import grey_raw


def test_the_presets_end_in_codes_or_in_light() -> None:
    assert ending(Choices(preset="srgb")) == Ending(Domain.SDR, "srgb")
    assert ending(Choices(preset="hdr_linear")) == Ending(Domain.LINEAR)


def test_a_curve_that_is_set_is_the_ending_s() -> None:
    choices = Choices(preset="srgb", settings=(("encode", "transfer", "pq"),))

    assert ending(choices) == Ending(Domain.SDR, "pq")


def test_tone_curves_are_found_by_stage_and_by_place() -> None:
    frame = grey_raw()
    choices = Choices(preset="srgb", tone="filmic")

    for each in (choices, replace(choices, tone=None)):
        assert tone_names(frame, each).curves == ("tone",)


def test_the_curves_before_a_step_count_the_step_itself() -> None:
    names = ToneNames(("demosaic", "tone", "encode"), ("tone",))

    assert names.before("demosaic") == ()
    assert names.before("tone") == ("tone",)
    assert names.before("encode") == ("tone",)
    assert names.before(None) == names.before("elsewhere") == ()
