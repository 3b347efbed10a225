"""A profile's crosstalk, shading and row time are refused where they cannot be."""

import pytest

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.sensor import SensorProfile

SPREAD = (0.0, 0.05, 0.0, 0.05, 0.8, 0.05, 0.0, 0.05, 0.0)


def profile(**changes: object) -> SensorProfile:
    values = {
        "name": "lit", "cfa": Cfa.RGGB, "bit_depth": 12, "black_level_dn": (64.0,) * 4,
        "white_level_dn": 4095.0, "readings": (),
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def test_what_a_sensor_may_do_to_light_is_accepted() -> None:
    lit = profile(
        optical_crosstalk={"R": SPREAD}, electrical_crosstalk={"G": SPREAD, "B": SPREAD},
        shading={"R": (-0.5, 0.1), "G": ()}, row_time_s=1e-5,
    )  # fmt: skip

    assert lit.optical_crosstalk["R"] == SPREAD
    assert profile().shading == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optical_crosstalk": {"W": SPREAD}}, "optical_crosstalk names the channel W, but RGGB"),
        ({"optical_crosstalk": {"R": SPREAD[:8]}}, "of R is 3 x 3 = 9 weights, but 8 came"),
        (
            {"electrical_crosstalk": {"B": (-0.1, *SPREAD[1:])}},
            "of B has a weight that is not >= 0",
        ),
        ({"electrical_crosstalk": {"B": (float("nan"), *SPREAD[1:])}}, "not >= 0"),
        ({"optical_crosstalk": {"G": (0.1, *SPREAD[1:])}}, "of G sums to 1.1, which would make"),
        ({"shading": {"Y": (0.0,)}}, "shading names the channel Y"),
        ({"shading": {"R": (float("inf"),)}}, "shading of R must be finite"),
        ({"shading": {"R": (-1.1,)}}, "leaves less than no light at 0.9"),
        ({"shading": {"R": (-4.0, 4.0, 0.5)}}, None),
        ({"row_time_s": -1e-6}, "row_time_s must be >= 0"),
        ({"row_time_s": float("nan")}, "row_time_s must be >= 0"),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_field_and_sensor(
    changes: dict[str, object], words: str | None
) -> None:
    """The one without words touches 0 halfway and is sound: (1 - 2 r^2)^2 and a little more."""
    if words is None:
        profile(**changes)
        return
    with pytest.raises(ProfileError, match=words) as caught:
        profile(**changes)
    assert '"lit"' in str(caught.value)


def test_a_shading_that_dips_below_zero_between_axis_and_corner_is_seen() -> None:
    with pytest.raises(ProfileError, match=r"less than no light at 0\.59"):
        profile(shading={"G": (-4.4, 4.4)})
