"""All variants of a size are one group, and a variant that cannot be had is said."""

from pathlib import Path

import pytest

from apps.bench.latency.groups import groups
from tests.apps.bench.latency.test_benching import asked, recipe

__all__ = ["recipe"]  # a fixture


def test_each_size_of_a_preset_is_timed_in_each_variant() -> None:
    sizes = ((24, 36), (12, 24))
    question = asked(variants=("eager", "fused"), sizes=sizes, stage="whole")

    made = [list(group) for group in groups(question, 1, [], lambda name: None)]

    assert [[(s.variant, s.size) for s in group] for group in made] == [
        [("torch-eager", size), ("fused", size)] for size in sizes
    ]


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
def test_a_pipeline_that_no_kernel_knows_is_said_not_to_be_fused(recipe: Path) -> None:
    notes: list[str] = []

    [group] = groups(asked(str(recipe), stage="whole"), 1, notes, lambda name: None)
    found = list(group)

    assert [s.variant for s in found] == ["torch-eager", "torch-compile"]
    (note,) = notes
    assert note.startswith("fused: not timed: no compiled pass knows a part")
