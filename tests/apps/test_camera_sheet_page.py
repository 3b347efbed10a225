"""A sheet as text, page, figure and numbers."""

import json
from pathlib import Path

import pytest

from apps.camera_sheet import camera_sheets, record
from apps.camera_sheet_page import (
    budget_table,
    figures_table,
    knows_lux,
    lines,
    report,
    snr_figure,
    write_sheets,
)
from isp.core.errors import OutputError, UsageError

SHEETS = camera_sheets(["EMVA-CCD", "GenericPhone"], 100)


def test_the_table_of_figures_has_a_column_for_each_camera() -> None:
    header, rows = figures_table(SHEETS)

    assert header == ["", "EMVA-CCD", "GenericPhone"]
    shown = {row[0]: row[1:] for row in rows}
    assert shown["SNR max (dB)"][0] == "41.46"  # 10 log10 of 14008 e-
    assert shown["saturated by"] == ["full well", "converter"]
    assert shown["saturation capacity (e-)"][0] == "14008"


def test_the_shares_of_a_level_add_up_to_a_hundred_percent() -> None:
    header, rows = budget_table(SHEETS[0])

    assert header[:3] == ["mean signal (e-)", "1", "10"]
    for column in range(1, len(header)):
        shares = [float(row[column]) for row in rows if row[0].endswith("(%)")]
        assert sum(shares) == pytest.approx(100, abs=0.03)


def test_the_text_names_iso_time_light_and_what_is_assumed() -> None:
    said = lines(SHEETS)

    assert said[0] == "ISO 100, 0.0166667 s, D65"
    assert any(line.startswith("EMVA-CCD: assumed, not measured: pixel_pitch_um") for line in said)
    assert all(line == line.rstrip() for line in said)


def test_unreachable_figures_are_a_dash() -> None:
    small = camera_sheets(["GenericPhone"], 3200, sweep=("full_well_e", [50.0]))

    shown = {row[0]: row[1] for row in figures_table(small)[1]}
    assert shown["SNR10 (e-)"] == "-"


def test_the_page_shows_both_axes_and_each_cameras_budget() -> None:
    page = report(SHEETS).html()

    assert page.count("<h2") == 4
    for words in (
        "Same light on the sensor",
        "Same signal in the pixel",
        "SNR10 (lux s)",
        "EMVA-CCD",
    ):
        assert words in page
    unlit = camera_sheets(["EMVA-CCD"], 100)
    bare = [type(s)(**{n: getattr(s, n) for n in s.__slots__}) for s in unlit]
    assert knows_lux(bare)


def test_the_figure_is_in_lux_seconds_or_electrons() -> None:
    lux, electrons = (snr_figure(SHEETS, in_lux=v).axes[0] for v in (True, False))

    assert "lux s" in lux.get_xlabel()
    assert electrons.get_lines()[0].get_xdata()[-1] == pytest.approx(14008, rel=1e-3)
    ratio = lux.get_lines()[0].get_xdata() / electrons.get_lines()[0].get_xdata()
    assert ratio == pytest.approx(SHEETS[0].lux_s_per_e)


def test_each_ending_has_its_file(tmp_path: Path) -> None:
    for ending in ("html", "png", "json"):
        write_sheets(tmp_path / f"a.{ending}", SHEETS)

    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "Noise as a budget" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(json.dumps(record(SHEETS)))


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("html", "png"):
        for name in ("a", "b"):
            write_sheets(tmp_path / f"{name}.{ending}", SHEETS)
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_other_endings_and_existing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as .html, .png or .json"):
        write_sheets(tmp_path / "a.pdf", SHEETS)
    (tmp_path / "a.json").write_text("mine")
    with pytest.raises(OutputError, match="it exists already; pass --force"):
        write_sheets(tmp_path / "a.json", SHEETS)
    assert (tmp_path / "a.json").read_text() == "mine"
    write_sheets(tmp_path / "a.json", SHEETS, force=True)
    assert (tmp_path / "a.json").read_text() != "mine"
