"""The metamerism report: nothing for an observer, the right size for real cameras, a clean page."""

from pathlib import Path

import numpy as np
import pytest

from apps.metamerism import (
    best_matrix,
    cameras,
    main,
    metamerism,
    report,
    smi,
)
from isp.core.spectral import RelativeSensitivity
from simulate.scenes.colour_checker import PATCHES
from simulate.spectra import colour_matching, measured_cameras
from simulate.spectral import FINE_NM


def luther() -> RelativeSensitivity:
    """Exact mixtures of the CIE observer, none of them negative."""
    values = np.array([[0.8, 0.3, 0.1], [0.2, 1.0, 0.1], [0.0, 0.1, 0.9]]) @ colour_matching(
        FINE_NM
    )
    return RelativeSensitivity(
        name="luther", wavelengths_nm=FINE_NM,
        values={c: tuple(row) for c, row in zip("RGB", values.tolist(), strict=True)},
    )  # fmt: skip


def test_a_camera_that_is_an_observer_has_no_metamerism_error() -> None:
    rows = metamerism(luther(), "D65")

    assert [row.patch for row in rows] == list(PATCHES)
    # Float32 scenes; between the paths also 5 nm sums against 1 nm and the RGB table's six digits.
    assert max(row.camera_delta_e for row in rows) < 1e-4
    assert max(row.path_delta_e for row in rows) < 0.01
    assert max(abs(e) for row in rows for e in row.error_percent) < 0.02
    assert abs(rows[0].level_percent) < 0.01
    assert smi(rows) == pytest.approx(100, abs=1e-3)


def test_another_light_costs_an_observer_its_adaptation_but_no_metamerism() -> None:
    rows = metamerism(luther(), "A")

    assert max(row.camera_delta_e for row in rows) < 1e-4
    assert max(row.path_delta_e for row in rows) > 1


def test_a_real_camera_errs_most_where_paint_is_far_from_grey() -> None:
    rows = {r.patch: r for r in metamerism(measured_cameras()["Nikon 5100 (NPL)"], "D65")}

    greys = [max(np.abs(rows[n].error_percent)) for n in list(PATCHES)[18:]]
    colours = [max(np.abs(rows[n].error_percent)) for n in list(PATCHES)[:18]]
    assert max(greys) < 1 < np.mean(colours)
    # Red, green, blue of those patches against the white one's.
    white = np.array(rows["white 9.5"].spectral_e)
    strongest = [
        int((np.array(rows[n].spectral_e) / white).argmax()) for n in ("red", "green", "blue")
    ]
    assert strongest == [0, 1, 2]
    for row in rows.values():
        relative = np.array(row.rgb_e) / np.array(row.spectral_e) / (1 + row.level_percent / 100)
        assert row.error_percent == pytest.approx(100 * (relative - 1))


def test_a_foveon_is_further_from_the_observer_than_a_bayer_camera() -> None:
    """An SMI of about 82 is quoted for the Foveon, 85 to 95 for good Bayer cameras."""
    rows = {name: metamerism(c, "D65") for name, c in measured_cameras().items()}

    assert 85 < smi(rows["Nikon 5100 (NPL)"]) < 95
    assert smi(rows["Sigma SDMerill (NPL)"]) == pytest.approx(82, abs=4)


def test_the_best_matrix_finds_an_exact_one_and_betters_least_squares_in_xyz() -> None:
    xyz = np.array([[0.95, 1.0, 1.09], [0.4, 0.3, 0.1], [0.2, 0.3, 0.1], [0.2, 0.2, 0.7]])
    exact = np.array([[0.9, 0.2, 0.0], [0.1, 1.1, 0.1], [0.0, 0.2, 1.3]])

    found = best_matrix(xyz @ np.linalg.inv(exact), xyz)

    np.testing.assert_allclose(found, exact, atol=1e-6)


def test_the_page_has_a_row_for_every_camera_and_light() -> None:
    page = report(None, ("D65", "A"))

    rows = [line for line in page.splitlines() if line.startswith("| ")]
    table = [line for line in rows if "(NPL)" in line]
    assert len(table) == len(measured_cameras()) * 2
    assert all(line.count("|") == 10 for line in table)
    assert sum(line.split("|")[1].strip() in PATCHES for line in rows) == 24
    assert page.endswith("|\n")


def test_without_data_it_says_so_and_writes_what_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)
    monkeypatch.setattr("apps.metamerism.ILLUMINANTS", ("D65",))

    code = main(["-o", str(tmp_path / "page.md")])

    assert code == 0
    assert "only the cameras in colour-science" in capsys.readouterr().err
    assert "Nikon 5100 (NPL)" in (tmp_path / "page.md").read_text()
    assert main(["-o", str(tmp_path / "page.md")]) == 3
    assert "--force" in capsys.readouterr().err


def test_a_data_folder_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FULLWELL_DATA", str(tmp_path / "none"))

    assert main([]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_the_data_folder_adds_its_cameras(shared_data: Path) -> None:
    found = cameras(shared_data)

    assert {"sony_ilce-7sm2_380_780_5", "Nikon_Z6_ssf", "Nikon 5100 (NPL)"} <= set(found)


def test_two_copies_of_one_measurement_give_one_result(shared_data: Path) -> None:
    """The D5100 of NPL is in rawtoaces and in colour-science, to ten digits."""
    ours = metamerism(measured_cameras()["Nikon 5100 (NPL)"], "D65")
    theirs = metamerism(cameras(shared_data)["nikon_d5100_380_780_5"], "D65")

    for one, two in zip(ours, theirs, strict=True):
        assert one.spectral_e == pytest.approx(two.spectral_e, rel=1e-6)
        assert one.camera_delta_e == pytest.approx(two.camera_delta_e, abs=1e-5)
