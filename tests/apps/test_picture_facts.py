"""What a report says of a picture is what was done to it, with its numbers."""

from pathlib import Path

import pytest

from apps.developing import develop
from apps.picture_facts import automatic, facts_of


def test_what_was_estimated_is_said_with_its_numbers(steps_dng: Path) -> None:
    assert automatic(develop(steps_dng, wb="as_shot", exposure=1.0)) == []

    picture = develop(steps_dng, wb="grey_world", exposure="auto")

    history = dict(picture.history)
    gains = ", ".join(f"{g:.4f}" for g in history["white_balance"]["gains"][0])
    ev = history["exposure"]["ev"][0]
    assert automatic(picture) == [
        f"grey-world white balance: {gains}", f"automatic exposure: {ev:+.2f} EV"
    ]  # fmt: skip


def test_facts_are_the_pictures_size_steps_and_what_was_cut(steps_dng: Path) -> None:
    picture = develop(steps_dng)

    facts = facts_of(picture, ["encode"], 3)

    assert (facts["height"], facts["width"]) == picture.size
    assert facts["domain"] == "SDR"
    assert facts["measured_percent"] == pytest.approx(
        100 * float(picture.measured.sum()) / picture.measured.numel()
    )
    assert facts["summary"].endswith("SDR through encode; 3 values cut to what the format holds")
