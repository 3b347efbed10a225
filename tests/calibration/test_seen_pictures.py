"""A copy is told by what it holds."""

import torch

from calibration.seen_pictures import SeenPictures


def test_a_copy_is_told_by_the_first_that_held_its_numbers() -> None:
    ramp = torch.arange(12.0).reshape(1, 3, 2, 2)
    seen = SeenPictures()

    assert seen.add("a", ramp) is None
    assert seen.add("b", ramp + 1) is None
    assert seen.add("c", ramp.clone()) == "a"
    assert seen.add("d", ramp.clone()) == "a"


def test_one_number_or_another_size_makes_another_picture() -> None:
    ramp = torch.arange(12.0).reshape(1, 3, 2, 2)
    other = ramp.clone()
    other[0, 2, 1, 1] += 1
    seen = SeenPictures()
    seen.add("a", ramp)

    assert seen.add("b", other) is None
    assert seen.add("c", ramp.reshape(1, 3, 4, 1)) is None
    # The same numbers, lying otherwise in memory.
    assert seen.add("d", ramp.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)) == "a"


def test_one_file_given_twice_is_a_copy_of_itself() -> None:
    seen = SeenPictures()
    seen.add("a", torch.ones(2))

    assert seen.add("a", torch.ones(2)) == "a"
