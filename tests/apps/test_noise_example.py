"""The figures that the page on calibration shows are those that its command gives."""

import re
from pathlib import Path

import pytest

from apps.noise_calibration import calibrate_noise, figures_of

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"


@pytest.mark.slow
def test_the_table_is_what_the_command_gives(shared_data: Path) -> None:
    text = PAGE.read_text("utf-8").partition("calibrate noise DATA/")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (-?[\d.e]*|-) \| (.*?) \|$", text, re.M)

    found = calibrate_noise(shared_data / "flats_darks" / "emva1288_001_ccd_12bit")

    figures = figures_of(found.found[0])
    assert {name for name, _, _ in rows} == set(figures)
    for name, value, interval in rows:
        figure = figures[name]
        if value == "-":
            assert figure.value is None
            assert figure.reason == interval
        else:
            printed = [float(value), *map(float, interval.split(" to "))]
            assert [figure.value, figure.low, figure.high] == pytest.approx(
                printed, rel=1e-4, abs=1e-9
            )
