"""Charts in, a profile out whose matrices, read back from a DNG, develop the charts' colours."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from apps.colour_calibration import (
    calibrate_colour,
    check_lights,
    root_polynomial_recipe,
    sentences,
)
from apps.colour_check import check_colour
from calibration.colour_fit import METHODS
from isp.core.errors import CalibrationError, UsageError
from isp.files.dng import write_dng
from isp.files.profile import load_profile, save_profile
from isp.files.raw import read_raw
from tests.apps.test_colour_check import CORNERS, drawn_raw

CHART = "canon_550d_colorchart.dng"


def test_the_matrix_that_drew_a_chart_comes_back(tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 0.5)
    drawn_with = load_profile("NikonD850").colour_matrices[0]

    found = calibrate_colour([raw], illuminants=["D65"], corners=[CORNERS], repeats=0)

    assert found.profile is not None
    entry = found.profile.colour_matrices[0]
    # The chart was drawn under another white than D65 by that matrix; its directions are kept:
    # both take every patch to the same colour.
    assert found.charts[0].scores["delta-e"].own.max() < 0.3
    assert np.array(entry.xyz_to_camera).shape == np.shape(drawn_with.xyz_to_camera)
    assert "delta-e" in found.profile.sources["colour_matrices"]
    record = found.record()
    assert set(record["charts"][0]["methods"]) == set(METHODS)
    json.dumps(record, allow_nan=False)
    assert "<- profile" in "\n".join(sentences(found))


def test_two_lights_make_a_profile_that_a_dng_carries(tmp_path: Path) -> None:
    one, two = (drawn_raw(tmp_path / name, f) for name, f in (("a.dng", 0.5), ("b.dng", 0.4)))
    found = calibrate_colour(
        [one, two], illuminants=["D65", "A"], corners=[CORNERS, CORNERS], repeats=0, name="mine"
    )
    assert found.profile is not None
    save_profile(found.profile, tmp_path / "mine.json")
    profile = load_profile(tmp_path / "mine.json")
    assert profile.name == "mine"
    assert profile.colour_matrices == found.profile.colour_matrices

    frame = read_raw(one)
    write_dng(tmp_path / "c.dng", replace(frame, profile=profile))
    with tifffile.TiffFile(tmp_path / "c.dng") as tiff:
        tags = {
            name: np.reshape(tiff.pages[0].tags[name].value, (9, 2))
            for name in ("ColorMatrix1", "ColorMatrix2", "ForwardMatrix1", "ForwardMatrix2")
        }
        lights = [tiff.pages[0].tags[f"CalibrationIlluminant{i}"].value for i in (1, 2)]

    assert lights == [17, 21]  # A, D65
    wanted = {m.illuminant: m for m in profile.colour_matrices}
    for number, light in enumerate(("A", "D65"), 1):
        for name, rows in (
            ("Color", wanted[light].xyz_to_camera),
            ("Forward", wanted[light].forward),
        ):
            pairs = tags[f"{name}Matrix{number}"]
            # The tags hold four decimals or more.
            np.testing.assert_allclose(pairs[:, 0] / pairs[:, 1], np.ravel(rows), atol=5.1e-5)


def test_clipped_patches_are_named_and_left_out(tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 1.4)

    found = calibrate_colour([raw], corners=[CORNERS], repeats=0)

    assert "white 9.5" in found.charts[0].readings.refused
    assert found.profile is None
    told = found.charts[0].scores["delta-e"].record()["patches"]["white 9.5"]
    assert told["delta_e_2000"] is None
    assert "clipped, and left out: " in "\n".join(sentences(found))


def test_what_cannot_be_measured_is_refused_with_what_to_shoot(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"a\.dng: .* of 24 patches .* again, darker"):
        calibrate_colour([drawn_raw(tmp_path / "a.dng", 4.0)], corners=[CORNERS])
    fine = drawn_raw(tmp_path / "b.dng", 0.5)
    turned = CORNERS[[3, 2, 1, 0]]  # upside down: the greys are other patches
    with pytest.raises(CalibrationError, match=r"b\.dng: .*shoot the chart again"):
        calibrate_colour([fine], corners=[turned])
    with pytest.raises(UsageError, match='no light "F2"; known: A, D50'):
        check_lights(["F2"], 1)
    with pytest.raises(UsageError, match="2 charts take 2 different lights"):
        check_lights(["A", "A"], 2)
    with pytest.raises(UsageError, match="keep white"):
        calibrate_colour([fine], illuminants=["A"], method="least-squares", corners=[CORNERS])


def test_a_recipe_holds_the_root_polynomial_of_one_chart(tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 0.5)
    found = calibrate_colour([raw], method="root-polynomial-2", corners=[CORNERS], repeats=0)

    recipe = root_polynomial_recipe(found, read_raw(raw).need_profile())

    [step] = [step for step in recipe.steps if step.stage == "root_polynomial"]
    coefficients = found.charts[0].scores["root-polynomial-2"].model.coefficients
    assert list(step.settings["coefficients"]) == coefficients.ravel().tolist()
    assert recipe.build(read_raw(raw).need_profile().cfa).names
    plain = calibrate_colour([raw], corners=[CORNERS], repeats=0)
    with pytest.raises(UsageError, match="root-polynomial-2 or -3"):
        root_polynomial_recipe(plain, read_raw(raw).need_profile())


@pytest.mark.slow  # finds and fits a real chart
def test_a_real_charts_own_matrices_develop_it_better(shared_data: Path, tmp_path: Path) -> None:
    raw = shared_data / "colorchecker" / CHART
    found = calibrate_colour([raw], illuminants=["A"], repeats=2)
    assert found.profile is not None
    frame = read_raw(raw)
    write_dng(tmp_path / "mine.dng", replace(frame, profile=found.profile))

    before = np.mean(check_colour(raw).results["chart"].before)
    checked = check_colour(tmp_path / "mine.dng", corners=found.charts[0].chart.corners)
    after = np.mean(checked.results["chart"].before)

    assert not found.charts[0].readings.refused
    assert after < before
    scores = found.charts[0].scores
    assert np.mean(scores["root-polynomial-2"].left_out) < np.mean(scores["delta-e"].left_out)
    assert np.mean(scores["root-polynomial-3"].left_out) > np.mean(scores["delta-e"].left_out)
