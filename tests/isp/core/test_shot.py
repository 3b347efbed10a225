"""One exposure's numbers, and how they follow the images of a batch."""

import json

import pytest
import torch

from isp.core.errors import FrameError
from isp.core.shot import Shot

NAMES = ("exposure_time_s", "f_number", "iso", "white_balance")


def test_plain_numbers_become_one_row_each() -> None:
    shot = Shot.single(
        exposure_time_s=1 / 60, f_number=2.8, iso=400.0, white_balance=(2.0, 1.0, 1.5), body=3
    )

    assert shot.exposure_time_s.tolist() == pytest.approx([1 / 60])
    assert shot.iso.tolist() == [400.0]
    assert shot.white_balance.tolist() == [[2.0, 1.0, 1.5]]
    assert (shot.body, shot.orientation, shot.time) == (3, 1, None)


def test_a_batch_repeats_the_settings_and_counts_the_items() -> None:
    shot = Shot.single(
        iso=400.0, white_balance=(2.0, 1.0, 1.5), item=torch.tensor([10]),
        frame_number=torch.tensor([4]),
    ).for_batch(3)  # fmt: skip

    assert shot.iso.tolist() == [400.0] * 3
    assert shot.white_balance.tolist() == [[2.0, 1.0, 1.5]] * 3
    assert shot.item.tolist() == [10, 11, 12]
    assert shot.frame_number.tolist() == [4, 4, 4]
    assert shot.f_number is None


def test_a_shot_that_has_the_batch_already_stays_as_it_is() -> None:
    shot = Shot(iso=torch.tensor([100.0, 200.0]), item=torch.tensor([7, 3]))

    assert shot.for_batch(2).iso.tolist() == [100.0, 200.0]
    assert shot.for_batch(2).item.tolist() == [7, 3]


@pytest.mark.parametrize(
    ("name", "value"), [("iso", torch.tensor([100.0, 200.0])), ("item", torch.tensor([1, 2]))]
)
def test_rows_that_fit_no_batch_are_refused(name: str, value: torch.Tensor) -> None:
    shot = Shot(**{name: value})

    with pytest.raises(FrameError, match=f"shot {name} has 2 rows, but the batch has 3"):
        shot.for_batch(3)


def test_selecting_images_takes_their_own_numbers() -> None:
    shot = Shot(
        iso=torch.tensor([100.0, 200.0, 400.0]),
        item=torch.tensor([5, 6, 7]),
        frame_number=torch.tensor([0, 1, 2]),
        white_balance=torch.tensor([[1.0, 1.0, 1.0], [2.0, 1.0, 2.0], [3.0, 1.0, 3.0]]),
        body=9,
    )

    tail = shot.select(slice(1, 3))

    assert tail.iso.tolist() == [200.0, 400.0]
    assert tail.item.tolist() == [6, 7]
    assert tail.frame_number.tolist() == [1, 2]
    assert tail.white_balance[0].tolist() == [2.0, 1.0, 2.0]
    assert tail.body == 9
    assert shot.iso.tolist() == [100.0, 200.0, 400.0]


def test_a_value_that_is_needed_and_not_known_is_named() -> None:
    with pytest.raises(FrameError, match="iso is not known"):
        Shot().need("iso")


def test_the_record_is_json_with_nulls_for_what_nobody_knows() -> None:
    record = json.loads(json.dumps(Shot.single(iso=100.0, time="2024-06-07").record()))

    assert record == {
        "exposure_time_s": None, "f_number": None, "iso": [100.0], "white_balance": None,
            "baseline_exposure_ev": None,
        "frame_number": [0], "item": [0], "body": 0, "orientation": 1, "time": "2024-06-07",
    }  # fmt: skip


def test_a_shot_moves_to_a_device_with_all_its_tensors(device: torch.device) -> None:
    shot = Shot.single(iso=100.0, f_number=2.0).to(device)

    assert {t.device.type for t in (shot.iso, shot.f_number, shot.frame_number, shot.item)} == {
        device.type
    }


def test_a_record_becomes_the_same_shot_again_to_the_bit() -> None:
    shot = Shot(
        iso=torch.tensor([100.0, 400.0]),
        exposure_time_s=torch.tensor([1 / 3, 1e-4]),
        white_balance=torch.rand(2, 3, generator=torch.Generator().manual_seed(3)),
        frame_number=torch.tensor([3, 4]),
        item=torch.tensor([7, 8]),
        body=5,
        orientation=6,
        time="2020:01:02 03:04:05",
    )

    again = Shot.from_record(json.loads(json.dumps(shot.record())))

    for name in ("iso", "exposure_time_s", "white_balance", "frame_number", "item"):
        assert torch.equal(getattr(again, name), getattr(shot, name)), name
    assert again.f_number is None
    assert (again.body, again.orientation, again.time) == (5, 6, "2020:01:02 03:04:05")


@pytest.mark.parametrize(
    "change", [{"iso": 100.0}, {"white_balance": [1.0, 2.0]}, {"item": []}, {"frame_number": 3}]
)
def test_a_record_of_other_shapes_is_refused(change: dict[str, object]) -> None:
    record = Shot.single(iso=100, white_balance=(2.0, 1.0, 1.5)).record()

    with pytest.raises(ValueError, match=next(iter(change))):
        Shot.from_record(record | change)
