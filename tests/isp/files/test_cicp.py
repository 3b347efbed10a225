"""Code points are those of H.273."""

import pytest

from isp.files.cicp import cicp_of, colour_of


@pytest.mark.parametrize(
    ("space", "transfer", "codes"),
    [("bt709", "srgb", (1, 13)), ("p3", "srgb", (12, 13)), ("bt2020", "pq", (9, 16)),
     ("bt2020", "hlg", (9, 18)), ("bt709", "linear", (1, 8)), ("bt709", "bt709", (1, 1))],
)  # fmt: skip
def test_each_name_has_its_code_point_and_comes_back(
    space: str, transfer: str, codes: tuple[int, int]
) -> None:
    assert cicp_of(space, transfer) == (*codes, 0, 1)

    colour = colour_of(*codes)

    assert colour is not None
    assert (colour.space, colour.transfer) == (space, transfer)


def test_bt2020_s_two_curves_are_bt709_s() -> None:
    for code in (6, 14, 15):
        colour = colour_of(9, code)
        assert colour is not None
        assert colour.transfer == "bt709"


@pytest.mark.parametrize(("primaries", "transfer"), [(2, 13), (1, 2), (22, 16)])
def test_what_has_no_name_here_is_nothing(primaries: int, transfer: int) -> None:
    assert colour_of(primaries, transfer) is None
