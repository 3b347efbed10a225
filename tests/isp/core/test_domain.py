"""Domains are in the order in which light becomes a file."""

from isp.core.domain import Domain


def test_the_order_is_that_of_the_house() -> None:
    assert [d.name for d in sorted(Domain)] == [
        "SCENE", "EXPECTED", "ELECTRONS", "RAW", "MOSAIC", "CAMERA", "LINEAR", "SDR", "HDR",
    ]  # fmt: skip


def test_the_sensor_side_has_one_plane_and_the_picture_side_three() -> None:
    planes = {d.name: d.channels for d in Domain}

    assert planes == {
        "SCENE": None, "EXPECTED": 1, "ELECTRONS": 1, "RAW": 1, "MOSAIC": 1,
        "CAMERA": 3, "LINEAR": 3, "SDR": 3, "HDR": 3,
    }  # fmt: skip
