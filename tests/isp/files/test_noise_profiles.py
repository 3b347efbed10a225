"""Others' noise parameters are read as they mean them, and a bad file is named."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from isp.core.cfa import Cfa
from isp.core.eld import readings_from_lines
from isp.core.errors import FileError
from isp.core.noise_table import NoiseRow, profile_from_noise_table
from isp.files.dng import write_dng
from isp.files.info import info
from isp.files.noise_profiles import (
    DARKTABLE_VARIANCE_SCALE,
    darktable_models,
    read_darktable,
    read_eld,
    read_pmn,
)
from isp.files.profile import load_profile
from tests.isp.files.samples import camera, raw_frame

ELD = ("SonyA7S2", "NikonD850", "CanonEOS5D4", "CanonEOS70D", "CanonEOS700D")


def entry(iso: Any, a: float = 2e-5, b: float = 1e-7, **more: Any) -> dict[str, Any]:
    return {"name": f"iso {iso}", "iso": iso, "a": [0.1, a, 0.2], "b": [0.3, b, 0.4]} | more


def darktable_file(folder: Path, *profiles: dict[str, Any]) -> Path:
    models = [{"comment": "", "model": "X1", "profiles": list(profiles)}]
    text = json.dumps({"version": 0, "noiseprofiles": [{"maker": "Acme", "models": models}]})
    (folder / "noiseprofiles.json").write_text(text)
    return folder / "noiseprofiles.json"


def test_a_dngs_noise_profile_that_we_wrote_gives_back_gain_and_noise(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    facts = info(tmp_path / "a.dng")
    slope, offset = facts["noise_profile"][:2]

    profile = profile_from_noise_table(
        [NoiseRow(iso=facts["iso"], slope=slope, offset=offset)],
        name="ours", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=tuple(facts["black_level_dn"]),
        white_level_dn=facts["white_level_dn"],
    )  # fmt: skip

    (reading,) = profile.readings
    assert reading.iso == 400
    assert reading.system_gain_dn_per_e == pytest.approx(0.8, rel=1e-6)
    assert reading.read_noise_e == pytest.approx(2.5, rel=1e-6)


def test_darktables_green_is_read_iso_by_iso(tmp_path: Path) -> None:
    path = darktable_file(
        tmp_path, entry(400, 8e-5), entry(100, 2e-5), entry(100, 9e-5), entry(200, 4e-5, skip=True)
    )

    rows = read_darktable(path, "acme x1", variance_scale=1)

    assert rows == (
        NoiseRow(iso=100, slope=2e-5, offset=1e-7),
        NoiseRow(iso=400, slope=8e-5, offset=1e-7),
    )
    scaled = read_darktable(path, "X1")[0]
    assert scaled.slope == pytest.approx(2e-5 * DARKTABLE_VARIANCE_SCALE)
    assert scaled.offset == pytest.approx(1e-7 * DARKTABLE_VARIANCE_SCALE)
    assert darktable_models(path) == ("Acme X1",)


def green_by_ppg(mosaic: NDArray[np.float64]) -> NDArray[np.float64]:
    """Green of an RGGB mosaic by Lin's pixel grouping, which darktable's tool demosaics with."""

    def moved(down: int, right: int) -> NDArray[np.float64]:
        return np.roll(mosaic, (-down, -right), (0, 1))

    guesses, changes = [], []
    for y, x in ((0, 1), (1, 0)):
        one, two = moved(-y, -x), moved(y, x)
        guess = (2 * (one + mosaic + two) - moved(-2 * y, -2 * x) - moved(2 * y, 2 * x)) / 4
        change = abs(moved(-2 * y, -2 * x) - mosaic) + abs(moved(2 * y, 2 * x) - mosaic)
        far = abs(moved(3 * y, 3 * x) - two) + abs(moved(-3 * y, -3 * x) - one)
        changes.append(3 * (change + abs(one - two)) + 2 * far)
        guesses.append(np.clip(guess, np.minimum(one, two), np.maximum(one, two)))
    green = mosaic.copy()
    chosen = np.where(changes[1] < changes[0], guesses[1], guesses[0])
    for y, x in ((0, 0), (1, 1)):
        green[y::2, x::2] = chosen[y::2, x::2]
    return green


def test_the_variance_scale_is_what_darktables_tool_makes_of_white_noise() -> None:
    # tools/noise: PPG demosaic, one Haar level with halves, median of |HH| / 0.6745.
    mosaic = np.random.default_rng(5).standard_normal((768, 768))
    for y, x in ((0, 0), (1, 1)):
        mosaic[y::2, x::2] *= math.sqrt(0.5)  # red and blue have half the variance of green
    green = green_by_ppg(mosaic)
    band = (green[::2, ::2] - green[::2, 1::2] - green[1::2, ::2] + green[1::2, 1::2]) / 4

    variance = (np.median(abs(band)) / 0.6745) ** 2

    # A median of n numbers near its quartile: relative error of the variance about 3.3 / sqrt(n).
    assert 1 / variance == pytest.approx(DARKTABLE_VARIANCE_SCALE, rel=5 * 3.3 / 384)


def test_darktables_gain_is_near_eld_for_the_same_camera(shared_data: Path) -> None:
    """Two calibrations of two bodies; without the scale they differ by a factor of 9 to 12."""
    path = shared_data / "flats_darks/darktable/noiseprofiles_excerpt.json"
    eld = read_eld(shared_data / "flats_darks/eld_camera_params/NikonD850_params.npy")

    for row in read_darktable(path, "Nikon D850"):
        if 400 <= row.iso <= 6400:
            gain = row.slope * (16383 - 400)
            assert gain == pytest.approx(eld.gain_low * row.iso / 100, rel=0.15)


def test_every_real_darktable_camera_makes_a_profile(shared_data: Path) -> None:
    path = shared_data / "flats_darks/darktable/noiseprofiles_excerpt.json"
    models = darktable_models(path)

    assert len(models) == 13
    for model in models:
        profile = profile_from_noise_table(
            read_darktable(path, model), name=model, cfa=Cfa.RGGB, bit_depth=14,
            black_level_dn=(512.0,) * 4, white_level_dn=16383.0,
        )  # fmt: skip
        assert len(profile.readings) >= 5, model
        assert all(r.system_gain_dn_per_e > 0 for r in profile.readings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "it is not a JSON file"),
        ("[]", 'it has no list "noiseprofiles"'),
        ('{"version": 1, "noiseprofiles": []}', "version 0 are read, but it is 1"),
        ('{"noiseprofiles": [{"maker": "A"}]}', "an entry has no 'models'"),
        ('{"noiseprofiles": []}', 'no camera "X1" among its 0 cameras'),
    ],
)
def test_a_file_that_is_not_darktables_is_named(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)

    with pytest.raises(FileError, match=words):
        read_darktable(tmp_path / "a.json", "X1")


def test_a_camera_or_a_row_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = darktable_file(tmp_path, entry(100))
    with pytest.raises(FileError, match="near it: Acme X1"):
        read_darktable(path, "acme")
    for broken in (entry("low"), {"iso": 100, "a": [1.0]}, {"iso": 100, "a": None, "b": None}):
        with pytest.raises(FileError, match=r'"X1" lacks iso, a\[1\] or b\[1\] as numbers'):
            read_darktable(darktable_file(tmp_path, broken), "X1")
    for broken in (entry(0), entry(100, a=-1e-6), entry(100, b=math.nan)):
        with pytest.raises(FileError, match="needs ISO and a above 0"):
            read_darktable(darktable_file(tmp_path, broken), "X1")
    with pytest.raises(FileError, match="no profile that is not marked skip"):
        read_darktable(darktable_file(tmp_path, entry(100, skip=True)), "X1")


@pytest.mark.parametrize("name", ELD)
def test_elds_pickles_and_their_transcription_are_the_same(name: str, shared_data: Path) -> None:
    folder = shared_data / "flats_darks/eld_camera_params"

    lines = read_eld(folder / f"{name}_params.npy")

    assert lines == read_eld(folder / "eld_camera_params.json", name)
    assert lines.gain_high / lines.gain_low == pytest.approx(64, rel=1e-6)
    settings = {"SonyA7S2": 9, "CanonEOS5D4": 9}.get(name, 8)
    assert len(lines.shapes) == len(lines.colour_bias_dn) == settings


def test_elds_lines_are_the_built_in_cameras(shared_data: Path) -> None:
    folder = shared_data / "flats_darks/eld_camera_params"
    for name in ELD:
        built_in = load_profile(name)
        isos = [r.iso for r in built_in.readings]

        readings = readings_from_lines([read_eld(folder / f"{name}_params.npy")], isos)

        for ours, theirs in zip(readings, built_in.readings, strict=True):
            for field in (
                "system_gain_dn_per_e", "read_noise_e", "row_noise_e", "tukey_lambda_scale_e",
            ):  # fmt: skip
                assert getattr(ours, field) == pytest.approx(getattr(theirs, field), rel=1e-4)
            assert ours.tukey_lambda_shape == pytest.approx(theirs.tukey_lambda_shape, abs=1e-6)


def test_elds_biases_go_from_packing_order_to_the_sites(shared_data: Path) -> None:
    # METHODS 1.6, A7S2, fifth pair as packed R, G, B, G: 2.08, 2.01, 2.32, 2.25.
    path = shared_data / "flats_darks/eld_camera_params/SonyA7S2_params.npy"

    assert read_eld(path).colour_bias_dn[4] == pytest.approx((2.08, 2.01, 2.25, 2.32), abs=0.006)


def test_the_second_calibration_of_the_d850_is_another(shared_data: Path) -> None:
    path = shared_data / "flats_darks/eld_camera_params/NikonD850_params.npy"

    second = read_eld(path, calibration="Profile-2")

    assert second.read.slope == pytest.approx(0.954668, abs=1e-6)
    with pytest.raises(FileError, match="have 'Profile-3', but this file does not"):
        read_eld(path, calibration="Profile-3")


def test_pmns_two_branches_are_its_table(shared_data: Path) -> None:
    path = shared_data / "flats_darks/pmn/pmn_noise_params.json"
    branches = [read_pmn(path, f"SonyA7S2_{end}ISO") for end in ("low", "high")]
    table = {r.iso: r for r in load_profile("SonyA7S2-PMN").readings}

    readings = readings_from_lines(branches, [400, 1600, 2000, 3200], gain_per_iso=9.563e-4)

    assert [r.branch for r in readings] == [0, 0, 1, 1]
    for reading in readings:
        # The lines pass up to 2.6 % beside their own table (13 % above ISO 8000, where it rises
        # faster); the branches differ by 2.4 times.
        assert reading.read_noise_e == pytest.approx(table[reading.iso].read_noise_e, rel=0.03)
        assert reading.row_noise_e == pytest.approx(table[reading.iso].row_noise_e, rel=0.1)


def test_the_pmn_camera_is_its_table_with_both_branches(shared_data: Path) -> None:
    folder = shared_data / "flats_darks/pmn"
    table = json.loads((folder / "pmn_noise_params.json").read_text())["per_iso"]
    errors = json.loads((folder / "pmn_sonya7s2_black_level_error_per_iso.json").read_text())

    readings = load_profile("SonyA7S2-PMN").readings

    assert len(readings) == len(errors) == 28
    for reading in readings:
        row, gain = table[f"SonyA7S2_{reading.iso:.0f}"], reading.system_gain_dn_per_e
        assert gain == pytest.approx(row["Kmax"], rel=1e-6)
        assert reading.read_noise_e * gain == pytest.approx(row["sigGs"], rel=1e-5)
        assert reading.row_noise_e * gain == pytest.approx(row["sigR"], rel=1e-5)
        assert reading.tukey_lambda_shape == pytest.approx(row["lam"], abs=1e-6)
        assert reading.tukey_lambda_scale_e is not None
        assert reading.tukey_lambda_scale_e * gain == pytest.approx(row["sigTL"], rel=1e-5)
        bias = errors[f"{reading.iso:.0f}"]
        assert reading.colour_bias_dn == pytest.approx([bias] * 4, rel=1e-5)


def test_the_pmn_cameras_branch_switches_between_iso_1600_and_2000() -> None:
    # METHODS 1.6: sigma_g 6.2992 DN at ISO 1600 and 2.6539 at 2000; K = 9.563e-4 ISO.
    readings = {r.iso: r for r in load_profile("SonyA7S2-PMN").readings}

    assert {r.branch for r in readings.values() if r.iso <= 1600} == {0}
    assert {r.branch for r in readings.values() if r.iso >= 2000} == {1}
    assert readings[1600].read_noise_e == pytest.approx(6.2992 / (9.563e-4 * 1600), rel=1e-4)
    assert readings[2000].read_noise_e == pytest.approx(2.6539 / (9.563e-4 * 2000), rel=1e-4)
    assert readings[100].colour_bias_dn == pytest.approx((1.69,) * 4, abs=0.005)


def test_a_bad_parameter_file_is_named(tmp_path: Path) -> None:
    line = {"slope": 0.5, "bias": 1.0, "sigma": 0.2}
    good = {
        "Kmin": 0.1, "Kmax": 6.4, "G_shape": [0.1, 0.1], "color_bias": [[0] * 4, [0] * 4],
        "Profile-1": {"g_scale": line, "G_scale": line, "R_scale": line},
    }  # fmt: skip
    path = tmp_path / "eld.json"

    def tried(**changes: Any) -> None:
        path.write_text(json.dumps({"cam": good | changes}))
        read_eld(path, "cam")

    tried()
    with pytest.raises(FileError, match='no camera "other"; it has cam'):
        read_eld(path, "other")
    with pytest.raises(FileError, match="parameters are not sound"):
        tried(Kmin="x")
    with pytest.raises(FileError, match="positive low to a high"):
        tried(Kmin=-1)
    with pytest.raises(FileError, match="parameters are not sound"):
        tried(color_bias=[[0] * 4])
    with pytest.raises(FileError, match="a spread >= 0"):
        tried(**{"Profile-1": {"g_scale": line | {"sigma": -1}, "G_scale": line, "R_scale": line}})
    path.write_text(json.dumps({"log_linear_models": {"cam": {"Kmin": 0.0}}}))
    with pytest.raises(FileError, match="PMN's parameters have 'sigGsk'"):
        read_pmn(path, "cam")
    path.write_text("[]")
    with pytest.raises(FileError, match="a camera for each key"):
        read_pmn(path, "cam")
