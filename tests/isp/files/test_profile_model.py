"""The model of a profile file says what is wrong in words that name the field."""

import pytest

from isp.files.profile import profile_record
from isp.files.profile_model import first_trouble
from tests.isp.files.samples import camera


def test_a_sound_profile_has_no_trouble() -> None:
    assert first_trouble(profile_record(camera())) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantum_efficiency", 1.2),
        ("prnu_percent", -0.1),
        ("prnu_percent", float("nan")),
        ("white_level_dn", float("inf")),
        ("width", 0),
        ("defects", [{"row": -1, "column": 0}]),
        ("colour_matrices", [{"illuminant": "D65", "xyz_to_camera": [[1, 2]]}]),
        ("sources", {"name": 5}),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: object) -> None:
    trouble = first_trouble(profile_record(camera()) | {field: value})

    assert trouble is not None
    assert trouble.startswith(field)
