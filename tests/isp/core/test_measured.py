"""The rule of the masks: what was measured, what was clipped, and the difference."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.measured import and_into, code_masks, or_into, raw_masks, saturation_dn
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile


def profile(**changes: object) -> SensorProfile:
    """Gain 0.5 and 4: read noise of 2 and 3 e- is 1 and 12 DN, three times that 3 and 36 DN."""
    values = {
        "name": "test",
        "cfa": Cfa.RGGB,
        "bit_depth": 12,
        "black_level_dn": (60.0, 64.0, 66.0, 70.0),
        "white_level_dn": 4000.0,
        "readings": (
            Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=2.0),
            Reading(iso=800.0, system_gain_dn_per_e=4.0, read_noise_e=3.0),
        ),
    }
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def row(*dn: float) -> torch.Tensor:
    return torch.tensor(dn, dtype=torch.float32).reshape(1, 1, 1, -1)


def test_the_margin_is_three_read_noises_in_dn() -> None:
    white, margin = saturation_dn(profile(), torch.tensor([100.0, 800.0]))

    assert white.tolist() == [4000.0, 4000.0]
    assert margin.tolist() == [3.0, 36.0]


def test_the_margin_is_at_least_one_dn() -> None:
    quiet = profile(readings=(Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=0.1),))

    assert saturation_dn(quiet, torch.tensor([100.0]))[1].tolist() == [1.0]


def test_a_small_well_saturates_below_the_white_level() -> None:
    """60 (the lowest black) + 0.5 * 5000 = 2560 DN; at ISO 800 the converter ends first."""
    white, _ = saturation_dn(profile(full_well_e=5000.0), torch.tensor([100.0, 800.0]))

    assert white.tolist() == [2560.0, 4000.0]


def test_without_iso_only_the_white_level_and_one_dn_are_known() -> None:
    white, margin = saturation_dn(profile(full_well_e=5000.0), None)

    assert (white.tolist(), margin.tolist()) == ([4000.0], [1.0])


def test_saturation_starts_at_white_less_the_margin() -> None:
    measured, clipped = raw_masks(row(3996, 3997, 3998, 4095), profile(), torch.tensor([100.0]))

    assert clipped.flatten().tolist() == [False, True, True, True]
    assert measured.flatten().tolist() == [True, False, False, False]


def test_zero_is_lost_to_the_floor_and_below_black_is_measured() -> None:
    measured, clipped = raw_masks(row(0, 1, 59), profile(), torch.tensor([100.0]))

    assert clipped.flatten().tolist() == [True, False, False]
    assert measured.flatten().tolist() == [False, True, True]


def test_each_image_of_a_batch_has_its_own_margin() -> None:
    dn = row(3970).expand(2, 1, 1, 1)

    _, clipped = raw_masks(dn, profile(), torch.tensor([100.0, 800.0]))

    assert clipped.flatten().tolist() == [False, True]


def test_a_defect_is_unmeasured_but_not_clipped_even_when_it_is_bright() -> None:
    """It will be corrected from its neighbours, never invented anew."""
    dn = torch.full((1, 1, 3, 4), 500.0)
    dn[..., 1, 2] = 4095.0
    hot = profile(defects=(Defect(row=1, column=2), Defect(row=0, column=0)))

    measured, clipped = raw_masks(dn, hot, torch.tensor([100.0]))

    assert (~measured)[0, 0].nonzero().tolist() == [[0, 0], [1, 2]]
    assert not bool(clipped.any())


@pytest.mark.parametrize(("y", "x"), [(3, 0), (0, 4), (-1, 0), (0, -1)])
def test_a_defect_outside_the_picture_spoils_nothing(y: int, x: int) -> None:
    dn = torch.full((1, 1, 3, 4), 500.0)

    measured, _ = raw_masks(dn, profile(defects=(Defect(row=y, column=x),)), torch.tensor([100.0]))

    assert bool(measured.all())


def test_the_end_codes_of_an_8_bit_picture_carry_no_measurement() -> None:
    code = torch.full((1, 3, 1, 4), 0.5)
    code[0, 0, 0, 1] = 0.0
    code[0, 2, 0, 2] = 1.0
    code[0, 1, 0, 3] = 254 / 255

    measured, clipped = code_masks(code)

    assert clipped.flatten().tolist() == [False, True, True, False]
    assert torch.equal(measured, ~clipped)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("expanded", [True, False])
def test_masks_of_a_step_join_those_before(before: bool, expanded: bool) -> None:
    now = torch.tensor([[[[True, False, True]]]])
    earlier = torch.tensor([before]).expand(1, 1, 1, 3)
    if not expanded:
        earlier = earlier.contiguous()

    assert torch.equal(and_into(now.clone(), earlier), now & earlier)
    assert torch.equal(or_into(now.clone(), earlier), now | earlier)


def test_masks_that_differ_along_one_axis_are_read_whole() -> None:
    now = torch.ones(1, 1, 2, 3, dtype=torch.bool)
    earlier = torch.tensor([True, False, True]).expand(1, 1, 2, 3)

    assert torch.equal(and_into(now.clone(), earlier), earlier)
    assert torch.equal(or_into(~now, earlier), earlier)
