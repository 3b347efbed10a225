"""Names of files and folders say what a capture is."""

from pathlib import Path

import pytest

from calibration.capture_names import Told, as_counted, told_by_name

BELOW = Path("set")


@pytest.mark.parametrize(
    ("name", "dark"),
    [
        ("darks/a.png", True),
        ("flats/a.png", False),
        ("a_dark_01.png", True),
        ("Bias/001.dng", True),
        ("lens_cap/1.dng", True),
        ("bright/x.tif", False),
        ("session/a.png", None),
        ("darkroom/a.png", None),
        ("flats/dark_01.png", True),
    ],
)
def test_the_nearest_word_says_whether_light_fell(name: str, dark: bool | None) -> None:
    assert told_by_name(BELOW / name, BELOW).dark is dark


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("flats/10ms_01.png", 0.01),
        ("flats/0.5s/1.png", 0.5),
        ("flats_250us_3.png", 2.5e-4),
        ("flats/2 s.png", None),
        ("flats/IMG_1000.png", None),
        ("flats/1s.png", 1.0),
    ],
)
def test_a_number_with_its_unit_is_an_exposure_time(name: str, seconds: float | None) -> None:
    told = told_by_name(BELOW / name, BELOW).exposure_time_s

    assert told == (None if seconds is None else pytest.approx(seconds))


def test_iso_and_temperature_may_stand_in_different_folders() -> None:
    told = told_by_name(BELOW / "-10degC" / "ISO-1600" / "darks" / "30s_2.dng", BELOW)

    assert told == Told(dark=True, exposure_time_s=30.0, iso=1600.0, temperature_c=-10.0)


def test_the_folder_that_was_given_says_nothing() -> None:
    assert told_by_name(Path("darks/x/1.png"), Path("darks/x")) == Told()


def test_files_are_in_the_order_of_their_numbers() -> None:
    named = ["a/f10.png", "a/f2.png", "a/f02.png", "b/1.png", "a/f.png", "a/f2b.png", "a/f2.png2"]

    found = sorted(map(Path, named), key=as_counted)

    assert [path.as_posix() for path in found] == [
        "a/f02.png", "a/f2.png", "a/f2.png2", "a/f2b.png", "a/f10.png", "a/f.png", "b/1.png"
    ]  # fmt: skip
