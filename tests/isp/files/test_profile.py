"""Profiles come from JSON and go back, and a mistake is named with file and field."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isp.core.cfa import Cfa
from isp.core.errors import FileError, OutputError, ProfileError
from isp.core.sensor import Defect
from isp.files.profile import builtin_names, load_profile, profile_record, save_profile
from tests.isp.files.samples import camera


@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_camera_is_sound_and_says_its_sources(name: str, tmp_path: Path) -> None:
    profile = load_profile(name)

    assert profile.name == name
    assert profile.sources
    save_profile(profile, tmp_path / "a.json")
    assert load_profile(tmp_path / "a.json") == profile


def test_a_profile_comes_back_equal(tmp_path: Path) -> None:
    profile = camera(Cfa.XTRANS).with_fields(
        defects=(Defect(row=3, column=4),), sources={"name": "a test"}, assumed=("dsnu_e",)
    )
    save_profile(profile, tmp_path / "a.json")

    assert load_profile(tmp_path / "a.json") == profile


def test_forward_matrices_come_back_where_there_are_any(tmp_path: Path) -> None:
    d65, a = camera().colour_matrices
    forward = ((0.6, 0.25, 0.1142), (0.25, 0.9, -0.15), (0.02, -0.1, 0.9049))
    profile = camera().with_fields(colour_matrices=(replace(d65, forward=forward), a))
    save_profile(profile, tmp_path / "a.json")

    assert load_profile(tmp_path / "a.json") == profile
    assert list(profile.forward_matrices) == ["D65"]
    assert "forward" not in json.loads((tmp_path / "a.json").read_text())["colour_matrices"][1]


def record(**changes: Any) -> dict[str, Any]:
    values = profile_record(camera()) | changes
    return {k: v for k, v in values.items() if v is not None}


def written(folder: Path, values: dict[str, Any]) -> Path:
    path = folder / "mine.json"
    path.write_text(json.dumps(values))
    return path


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, record(lens={"focal_mm": 50})))
    save_profile(profile, tmp_path / "b.json")

    assert profile.extra == {"lens": {"focal_mm": 50}}
    assert json.loads((tmp_path / "b.json").read_text())["lens"] == {"focal_mm": 50}


def test_a_pattern_may_be_given_as_rows(tmp_path: Path) -> None:
    assert load_profile(written(tmp_path, record(cfa=["GB", "RG"]))).cfa == Cfa.GBRG


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bit_depth": "twelve"}, "bit_depth: Input should be a valid integer"),
        ({"bit_depth": None}, "bit_depth: Field required"),
        (
            {"readings": [{"iso": 100, "system_gain_dn_per_e": -1}]},
            "readings.0.system_gain_dn_per_e",
        ),
        ({"readings": [{"iso": 100, "system_gain_dn_per_e": 1, "gain": 2}]}, "readings.0.gain"),
        ({"black_level_dn": [60, 60]}, "4 black levels are needed for RGGB"),
        ({"black_level_dn": [5000] * 4}, "black_level_dn 5000 is not below white_level_dn 4095"),
        ({"cfa": "RGGX"}, 'no CFA is named "RGGX"'),
        ({"format_version": 2}, "format_version 1 is expected, but it is 2"),
    ],
)
def test_a_mistake_is_named_with_file_and_field(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ProfileError, match=rf"mine\.json: .*{words}"):
        load_profile(written(tmp_path, record(**changes)))


def test_a_name_that_is_none_lists_the_cameras() -> None:
    with pytest.raises(ProfileError, match=r'no camera is named "SonyA7".*SonyA7S2'):
        load_profile("SonyA7")


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{bit_depth: 12")

    with pytest.raises(FileError, match=r"mine\.json: it is not a JSON file"):
        load_profile(tmp_path / "mine.json")
    with pytest.raises(FileError, match="there is no such file"):
        load_profile(tmp_path / "gone.json")


def test_a_profile_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path, record())

    with pytest.raises(OutputError, match="exists already"):
        save_profile(camera(), path)


def test_spectral_sensitivities_come_back_equal_and_are_checked(tmp_path: Path) -> None:
    curves = {"wavelengths_nm": [400, 500, 600], "quantum_efficiency": {
        "R": [0, 0.1, 0.4], "G": [0.1, 0.5, 0.1], "B": [0.4, 0.2, 0]}}  # fmt: skip
    profile = load_profile(written(tmp_path, record(spectral_sensitivity=curves)))
    save_profile(profile, tmp_path / "b.json")

    assert profile.spectral_sensitivity is not None
    assert profile.spectral_sensitivity.quantum_efficiency["G"] == (0.1, 0.5, 0.1)
    assert load_profile(tmp_path / "b.json") == profile
    for bad, words in (
        ({"wavelengths_nm": [400, 500, 600]}, "spectral_sensitivity.quantum_efficiency"),
        (curves | {"wavelengths_nm": [400, 500]}, "2 wavelengths need as many values"),
        (curves | {"quantum_efficiency": {"G": [0.1, 0.5, 0.1]}}, "needs R, B too"),
    ):
        with pytest.raises(ProfileError, match=words):
            load_profile(written(tmp_path, record(spectral_sensitivity=bad)))


def test_crosstalk_shading_and_row_time_come_back_equal(tmp_path: Path) -> None:
    profile = camera().with_fields(
        optical_crosstalk={"R": (0.0, 0.05, 0.0, 0.05, 0.8, 0.05, 0.0, 0.05, 0.0)},
        electrical_crosstalk={"B": (0.0, 0.0, 0.0, 0.0, 0.9, 0.1, 0.0, 0.0, 0.0)},
        shading={"R": (-0.3, 0.0, 0.05), "G": (-0.2,)},
        row_time_s=1.2e-5,
    )
    save_profile(profile, tmp_path / "a.json")

    assert load_profile(tmp_path / "a.json") == profile


def test_whole_numbers_in_a_kernel_become_floats(tmp_path: Path) -> None:
    kernel = [0, 0, 0, 0, 1, 0, 0, 0, 0]

    loaded = load_profile(written(tmp_path, record(optical_crosstalk={"G": kernel})))

    assert loaded.optical_crosstalk == {"G": (0.0,) * 4 + (1.0,) + (0.0,) * 4}
    assert all(isinstance(weight, float) for weight in loaded.optical_crosstalk["G"])


def test_a_kernel_for_a_colour_that_is_not_there_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"mine\.json: shading names the channel W"):
        load_profile(written(tmp_path, record(shading={"W": [-0.1]})))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"temperature_c": "HERE"}, "temperature_c"),
        ({"mine": [0, {"deep": "HERE"}]}, "mine.1.deep"),
        ({"black_level_dn": [64.0, 64.0, "HERE", 64.0]}, "black_level_dn.2"),
    ],
)
def test_a_number_that_is_not_finite_is_refused_naming_its_place(
    tmp_path: Path, number: str, change: dict[str, Any], place: str
) -> None:
    text = json.dumps(profile_record(load_profile("GenericPhone")) | change)
    (tmp_path / "camera.json").write_text(text.replace('"HERE"', number))

    with pytest.raises(ProfileError, match=rf"camera\.json: {place} is not a finite number"):
        load_profile(tmp_path / "camera.json")


def test_nesting_as_deep_as_json_allows_is_looked_through(tmp_path: Path) -> None:
    deep = "[" * 900 + "]" * 900
    text = json.dumps(profile_record(load_profile("GenericPhone")) | {"mine": "HERE"})
    (tmp_path / "camera.json").write_text(text.replace('"HERE"', deep))

    assert "mine" in load_profile(tmp_path / "camera.json").extra
