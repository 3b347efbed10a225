"""Values on the command line are read as photographers write them, or refused."""

from typing import Any

import pytest
import typer

from apps.cli.options import assignment, balance, positive, seconds, stops


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("1/60", 1 / 60), ("1/8000", 1 / 8000), ("30", 30.0), ("2e-3", 0.002),
     (" 1/4 ", 0.25)],
)  # fmt: skip
def test_a_time_may_be_a_decimal_or_a_fraction(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1/0", "1/-60", "nan", "inf", "1e400", "fast", "1 s"]
)
@pytest.mark.parametrize("read", [seconds, positive])
def test_what_is_no_positive_number_is_refused_as_it_was_written(read: Any, text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        read(text)
    assert f'got "{text}"' in str(caught.value)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("full_well_e=6000", ("full_well_e", 6000)),
        ("ev=-0.5", ("ev", -0.5)),
        ("gains=2,1,1.5", ("gains", [2, 1, 1.5])),
        ("gains=[2, 1, 1.5]", ("gains", [2, 1, 1.5])),
        ("ev=auto", ("ev", "auto")),
        ("clip=true", ("clip", True)),
        ("name=", ("name", "")),
        ("formula=a=b", ("formula", "a=b")),
        ("words=a,b", ("words", "a,b")),
    ],
)
def test_an_assignment_is_json_where_it_can_be_and_else_text(
    text: str, pair: tuple[str, Any]
) -> None:
    assert assignment(text) == pair


@pytest.mark.parametrize("text", ["full_well_e", "=3", ""])
def test_an_assignment_needs_a_name_and_an_equals_sign(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected name=value"):
        assignment(text)


def test_a_balance_is_a_name_or_three_gains() -> None:
    assert balance("grey_world") == "grey_world"
    assert balance("5200K") == "5200K"
    assert balance("5200K,+0.003") == "5200K,+0.003"
    assert balance("2,1,1.5") == (2.0, 1.0, 1.5)


@pytest.mark.parametrize(
    "text", ["2,1", "2,1,1,1", "a,b,c", "0,1,1", "-1,1,1", "nan,1,1", "inf,1,1"]
)
def test_gains_that_are_not_three_positive_numbers_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="gains are three"):
        balance(text)


def test_an_exposure_is_stops_or_auto() -> None:
    assert stops("-1.5") == -1.5
    assert stops("+2") == 2.0
    assert stops("auto") == "auto"
    assert stops("highlights") == "highlights"


@pytest.mark.parametrize("text", ["bright", "", "nan", "inf"])
def test_an_exposure_that_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected stops, auto or highlights"):
        stops(text)
