"""What a merge says: figures, steps that nobody asked for, and warnings that name their file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from apps.merge_notes import automatic_steps, said_of, warnings_of
from isp.core.domain import Domain
from isp.merge.bracket import Merged, merge
from tests.isp.merge.samples import ramp, taken

PATHS = [Path("a.dng"), Path("b.dng"), Path("c.dng")]


@pytest.fixture(scope="module")
def merged() -> Merged:
    return merge(taken(ramp(1.0, 5e4, 60), (-2, 0, 2)), reference=1)


def test_a_plain_merge_warns_of_nothing_and_its_figures_are_json(merged: Merged) -> None:
    assert warnings_of(merged, PATHS) == []
    assert automatic_steps(merged, PATHS, assumed=None, reference_given=True) == []
    facts = said_of(merged)
    json.dumps(facts, allow_nan=False)
    assert facts["exposures"] == [0.25, 1, 4]
    assert facts["exposures_replaced_because_percent_contradicted"] is None


def test_what_was_assumed_and_chosen_is_said(merged: Merged) -> None:
    assert automatic_steps(merged, PATHS, assumed="srgb", reference_given=False) == [
        "response srgb assumed",
        "reference: file 2",
    ]


def test_a_frame_of_which_over_half_is_left_out_is_named_with_what_it_gives(
    merged: Merged,
) -> None:
    little = replace(merged, rejected=[0.5, 0.0, 0.88])

    assert warnings_of(little, PATHS) == [
        "file 3 (c.dng) gives 12 percent of its usable samples only: the rest contradicts file 2"
    ]
    assert warnings_of(little, PATHS)[0] in automatic_steps(
        little, PATHS, assumed=None, reference_given=True
    )


def test_a_frame_left_out_whole_is_said_once(merged: Merged) -> None:
    [said] = warnings_of(replace(merged, rejected=[1.0, 0.0, 0.0], left_out=[0]), PATHS)

    assert said.startswith("a.dng (file 1) contradicts file 2 in most of the picture")


def test_exposures_measured_unasked_are_said_with_what_they_replace(merged: Merged) -> None:
    light = replace(
        merged.exposures, source="measured", thrown_away=[0.4, 0.0, 0.9],
        used=torch.tensor([[0.2, 1.0, 5.0]]),
    )  # fmt: skip
    replaced = replace(merged, exposures=light)

    [said] = warnings_of(replaced, PATHS)

    assert said.startswith(
        "exposures measured, not as stated: 0.2, 1, 5 in place of 0.25, 1, 4, by which 90 percent "
        "of c.dng contradict the others; times or f-numbers are wrong (--stated-exposures keeps "
        "them)"
    )
    pictures = replace(replaced, frame=replace(
        replaced.frame, domain=Domain.LINEAR, data=replaced.frame.data.expand(-1, 3, -1, -1)
    ))  # fmt: skip
    assert (
        "the assumed response are wrong (--response states one" in warnings_of(pictures, PATHS)[0]
    )
    assert said_of(replaced)["exposures_replaced_because_percent_contradicted"] == [40, 0, 90]
    # Asked for, they are a step as any other.
    asked = replace(merged, exposures=replace(light, thrown_away=None))
    assert warnings_of(asked, PATHS) == []
    assert "exposures measured: 0.2, 1, 5" in automatic_steps(
        asked, PATHS, assumed=None, reference_given=True
    )
