"""A session's exposures: what light, how long, and how many frames."""

import numpy as np
import pytest
import torch

from apps.capture_session import Plan, exposures, saturation_e, session, taken
from isp.core.errors import UsageError
from isp.files.profile import load_profile
from simulate.sensor import Sensor

CCD = load_profile("EMVA-CCD")


def test_where_the_time_varies_light_is_one_and_each_time_has_its_darks() -> None:
    plan = Plan(levels=10, stack=5, varies="time", dark_pairs=True, exposure_time_s=0.02)

    every = exposures(CCD, 100.0, plan)

    rates = {round(e.electrons / e.exposure_time_s, 3) for e in every if not e.dark}
    assert rates == {round(saturation_e(CCD, 100.0) / 0.02, 3)}
    lit = [e.exposure_time_s for e in every if not e.dark]
    assert [e.exposure_time_s for e in every if e.dark] == lit
    assert len(set(lit)) == 11  # 0.5 of saturation is a level, and the stack keeps away from it
    assert [len(e.numbers) for e in every] == [2] * 20 + [5, 5]
    numbers = [n for e in every for n in e.numbers]
    assert numbers == list(range(50))


def test_where_the_light_varies_one_time_has_one_pair_of_darks() -> None:
    every = exposures(CCD, 100.0, Plan(levels=10, stack=5, dark_pairs=True), first=7)

    assert {e.exposure_time_s for e in every} == {0.01}
    assert [len(e.numbers) for e in every if e.dark] == [2, 5]
    assert every[0].numbers.start == 7


def test_frames_taken_together_are_those_taken_alone() -> None:
    plan = Plan(levels=4, stack=8, size=(20, 24))
    stack = exposures(CCD, 100.0, plan)[-1]
    together = [f.data for f in taken(Sensor(CCD), stack, 100.0, plan, seed=1, body=2)]

    alone = list(session(CCD, 100.0, plan, seed=1, body=2).stacks[-1].frames())

    assert len(together) == len(alone) == 8
    one = Plan(levels=4, stack=8, size=(20, 24))
    for index, number in enumerate(stack.numbers):
        single = type(stack)(
            name="", electrons=0.0, exposure_time_s=0.01, numbers=range(number, number + 1)
        )
        (frame,) = taken(Sensor(CCD), single, 100.0, one, seed=1, body=2)
        assert torch.equal(frame.data, together[index])
        assert np.array_equal(frame.data[0, 0].numpy(), alone[index])


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"varies": "lens"}, "light or time"), ({"levels": 3}, "levels 4"), ({"stack": 1}, "stack 2")],
)
def test_a_plan_of_no_session_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Plan(**changes)  # type: ignore[arg-type]
