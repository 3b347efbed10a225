"""A data sheet becomes a file that loads, simulates, and says what nobody told it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.camera_template import COMMENTS, DataSheet, notes, profile_of, write_template
from apps.simulating import SimulationRequest, photograph
from isp.core.emva import EmvaNumbers
from isp.core.errors import FileError, OutputError, UsageError
from isp.files.profile import load_profile
from simulate.budget import sensor_figures
from tests.apps.samples import grey, write_exr

NUMBERS = EmvaNumbers(
    bit_depth=10, saturation_capacity_e=6000.0, temporal_dark_noise_e=1.5, pixel_pitch_um=1.0
)
SHEET = DataSheet(numbers=NUMBERS, isos=(100.0, 400.0))


def csv(folder: Path, text: str) -> str:
    (folder / "qe.csv").write_text(text)
    return str(folder / "qe.csv")


def noiseprofiles(folder: Path, slope: float = 1e-5) -> Path:
    profiles = [
        {"iso": iso, "a": [0, slope * iso / 100, 0], "b": [0, 1e-8 * iso, 0]} for iso in (100, 400)
    ]
    models = [{"model": "X1", "profiles": profiles}]
    (folder / "noiseprofiles.json").write_text(
        json.dumps({"version": 0, "noiseprofiles": [{"maker": "Acme", "models": models}]})
    )
    return folder / "noiseprofiles.json"


@pytest.mark.parametrize("cfa", ["RGGB", "MONO", "XTRANS"])
def test_the_file_loads_and_simulates_at_once(cfa: str, tmp_path: Path) -> None:
    write_template(replace(SHEET, cfa=cfa), tmp_path / "mine.json")

    profile = load_profile(tmp_path / "mine.json")
    facts = photograph(
        SimulationRequest(
            scene=str(write_exr(tmp_path / "grey.exr", grey())), camera=str(tmp_path / "mine.json"),
            iso=200, exposure_time_s=1 / 60, f_number=2.0,
        ),
        tmp_path / "a.raw",
    )  # fmt: skip

    assert (profile.name, profile.cfa.name, profile.full_well_e) == ("mine", cfa, 6000)
    assert facts["mean_expected_e"] > 0
    assert sensor_figures(profile, 100).saturation_capacity_e == pytest.approx(6000)


def test_every_field_told_has_its_comment_and_comments_are_kept_as_unknown_keys(
    tmp_path: Path,
) -> None:
    write_template(SHEET, tmp_path / "mine.json")

    values = json.loads((tmp_path / "mine.json").read_text())
    keys = list(values)
    assert keys[:3] == ["_comment", "format_version", "_comment_name"]
    for name in COMMENTS:
        if name in values:
            assert keys[keys.index(name) - 1] == f"_comment_{name}"
    assert {f"_comment_{n}" for n in ("full_well_e", "readings", "cfa")} <= set(keys)
    kept = load_profile(tmp_path / "mine.json").extra
    assert set(kept) == {key for key in keys if key.startswith("_")}


def test_what_was_derived_and_assumed_is_said_here_and_in_the_file(tmp_path: Path) -> None:
    said = write_template(SHEET, tmp_path / "mine.json")

    profile = load_profile(tmp_path / "mine.json")
    assert said == notes(profile)
    text = "\n".join(said)
    assert "readings.system_gain_dn_per_e: derived: (white - black) / full well at ISO 100" in text
    assert "black_level_dn: assumed" in text
    assert "colour_matrices: assumed: those of GenericPhone" in text
    assert "full_well_e" not in profile.sources
    assert {"black_level_dn", "quantum_efficiency", "colour_matrices"} <= set(profile.assumed)
    assert said.index(next(s for s in said if "derived" in s)) > 0  # the assumed ones come first


def test_a_number_is_a_mean_efficiency() -> None:
    profile = profile_of(replace(SHEET, quantum_efficiency="0.25"), "x")

    assert profile.quantum_efficiency == 0.25
    assert "quantum_efficiency" not in profile.assumed
    assert profile.spectral_sensitivity is None


def test_one_curve_in_front_of_colour_filters_is_cut_to_a_third(tmp_path: Path) -> None:
    path = csv(tmp_path, "nm,qe\n400,0.6\n700,0.6\n")

    colour = profile_of(replace(SHEET, quantum_efficiency=path), "x")
    mono = profile_of(replace(SHEET, quantum_efficiency=path, cfa="MONO"), "x")

    assert colour.quantum_efficiency == pytest.approx(0.2)
    assert "quantum_efficiency" in colour.assumed
    assert colour.spectral_sensitivity is None
    assert mono.quantum_efficiency == pytest.approx(0.6)
    assert "quantum_efficiency" not in mono.assumed
    assert mono.spectral_sensitivity is not None


def test_curves_of_every_channel_fill_the_spectral_sensitivity(tmp_path: Path) -> None:
    path = csv(tmp_path, "nm,R,G,B\n400,0.0,0.3,0.5\n700,0.4,0.3,0.0\n")

    profile = profile_of(replace(SHEET, quantum_efficiency=path), "x")

    assert profile.quantum_efficiency == pytest.approx(0.3)  # green's
    assert profile.spectral_sensitivity is not None
    assert profile.spectral_sensitivity.quantum_efficiency["B"] == (0.5, 0.0)
    with pytest.raises(UsageError, match="it has R, G, B, but MONO needs Y"):
        profile_of(replace(SHEET, quantum_efficiency=path, cfa="MONO"), "x")


def test_darktables_table_gives_gain_and_noise_per_iso(tmp_path: Path) -> None:
    path = noiseprofiles(tmp_path)
    numbers = EmvaNumbers(bit_depth=14, black_level_dn=512.0, pixel_pitch_um=4.0, prnu_percent=1.0)

    profile = profile_of(DataSheet(numbers=numbers, darktable=(path, "Acme X1")), "x")

    gains = [r.system_gain_dn_per_e for r in profile.readings]
    assert gains == pytest.approx([12.8e-5 * 15871, 4 * 12.8e-5 * 15871])
    assert profile.full_well_e == pytest.approx(1 / 12.8e-5)
    assert profile.prnu_percent == 1
    assert "readings.system_gain_dn_per_e" in profile.assumed
    assert profile.sources["readings"].startswith("darktable, noiseprofiles.json, Acme X1")
    bare = replace(numbers, black_level_dn=None)
    with pytest.raises(UsageError, match="pass --black-level"):
        profile_of(DataSheet(numbers=bare, darktable=(path, "X1")), "x")
    with pytest.raises(UsageError, match="come from its table"):
        profile_of(DataSheet(numbers=numbers, darktable=(path, "X1"), isos=(100.0,)), "x")


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"numbers": EmvaNumbers(bit_depth=10)}, UsageError, "needs its full well, or its gain"),
        ({"cfa": "QQ"}, UsageError, 'no CFA is named "QQ"'),
        ({"quantum_efficiency": "1.2"}, UsageError, "quantum_efficiency 1.2 is above 1"),
        ({"quantum_efficiency": "no.csv"}, FileError, "no.csv: there is no such file"),
        ({"isos": (400.0, 400.0), "read_noises_e": (1.0,)}, UsageError, "got 1 for 2 ISO"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_written(
    changes: dict[str, Any], kind: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=words):
        write_template(replace(SHEET, **changes), tmp_path / "mine.json")
    assert list(tmp_path.iterdir()) == []


def test_only_json_is_written_and_nothing_replaced_unasked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a camera is written as .json"):
        write_template(SHEET, tmp_path / "mine.txt")
    write_template(SHEET, tmp_path / "mine.json")
    with pytest.raises(OutputError, match="pass --force"):
        write_template(SHEET, tmp_path / "mine.json")
    write_template(replace(SHEET, name="other"), tmp_path / "mine.json", force=True)
    assert load_profile(tmp_path / "mine.json").name == "other"
