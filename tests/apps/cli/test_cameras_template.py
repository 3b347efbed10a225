"""fullwell cameras new writes a profile that works, and says what it made up."""

import json
from pathlib import Path

import pytest

from isp.files.profile import load_profile
from tests.apps.conftest import Command
from tests.apps.samples import grey, write_exr


def test_every_option_reaches_its_field(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell(
        "cameras", "new", tmp_path / "a.json", "--bits", 12, "--name", "Mine", "--cfa", "MONO",
        "--pitch", 3.45, "--full-well", 10_500, "--read-noise", "2.5,1.8", "--gain", 0.35,
        "--qe", 0.55, "--prnu", 1.2, "--dsnu", 0.7, "--dark-current", 4, "--dark-temperature", 25,
        "--doubling", 6, "--temperature", 45, "--black-level", 100, "--white-level", 4000,
        "--iso", "100,200",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    profile = load_profile(tmp_path / "a.json")
    assert (profile.name, profile.cfa.name, profile.bit_depth) == ("Mine", "MONO", 12)
    assert (profile.pixel_pitch_um, profile.full_well_e) == (3.45, 10_500)
    assert [(r.iso, r.read_noise_e) for r in profile.readings] == [(100, 2.5), (200, 1.8)]
    assert [r.system_gain_dn_per_e for r in profile.readings] == [0.35, 0.7]
    assert (profile.quantum_efficiency, profile.prnu_percent, profile.dsnu_e) == (0.55, 1.2, 0.7)
    assert (profile.dark_current_e_per_s, profile.dark_current_temperature_c) == (4, 25)
    assert (profile.doubling_temperature_k, profile.temperature_c) == (6, 45)
    assert (profile.black_level_dn, profile.white_level_dn) == ((100,), 4000)
    assert profile.assumed == ()


def test_an_emva_report_is_enough(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell(
        "cameras", "new", tmp_path / "a.json", "--bits", 12, "--dynamic-range", 70, "--snr-max", 40,
    )  # fmt: skip
    other = fullwell(
        "cameras", "new", tmp_path / "b.json", "--bits", 12, "--dynamic-range", 70,
        "--sensitivity", 3,
    )  # fmt: skip

    assert (answer.code, other.code) == (0, 0)
    assert load_profile(tmp_path / "a.json").full_well_e == pytest.approx(10_000)
    assert load_profile(tmp_path / "b.json").full_well_e == pytest.approx(3 * 10**3.5)


def test_it_simulates_at_once(fullwell: Command, tmp_path: Path) -> None:
    fullwell(
        "cameras", "new", tmp_path / "my.json", "--bits", 10, "--full-well", 6000, "--pitch", 1.4,
        "--cfa", "MONO", "--qe", 0.5,
    )  # fmt: skip
    write_exr(tmp_path / "grey.exr", grey())

    answer = fullwell(
        "simulate", tmp_path / "grey.exr", "-o", tmp_path / "a.dng", "--camera",
        tmp_path / "my.json", "--iso", 100, "--exposure-time", "1/60", "--f-number", 2,
    )  # fmt: skip

    # CONVENTIONS 5.1: 5776 photons (5775.5) at 1.4 um, 100 cd/m2, f/2, 1/60 s; half of them at
    # 0.18 grey.
    assert answer.code == 0
    assert "mean 519.8 e-" in answer.out


def test_what_was_made_up_is_printed_and_in_json(fullwell: Command, tmp_path: Path) -> None:
    ask = ("cameras", "new", tmp_path / "a.json", "--bits", 10, "--full-well", 6000)

    said = fullwell(*ask)
    as_json = fullwell(*ask, "--force", "--json")
    quiet = fullwell(*ask, "--force", "--quiet")

    assert "black_level_dn: assumed: 1/64 of the codes" in said.out
    values = json.loads(as_json.out)
    assert values["file"].endswith("a.json")
    assert any(note.startswith("readings.read_noise_e: assumed") for note in values["notes"])
    assert quiet.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "needs its full well, or its gain"),
        (("--full-well", "-3"), 2, "greater than or equal to 0"),
        (("--full-well", "0.5"), 2, "full_well_e 0.5 is below one electron"),
        (("--full-well", "6000", "--cfa", "QQ"), 2, 'no CFA is named "QQ"'),
        (("--full-well", "6000", "--read-noise", "a"), 2, "parted by commas"),
        (("--full-well", "6000", "--iso", "100,0"), 2, "--iso takes positive numbers"),
        (("--full-well", "6000", "--model", "X"), 2, "go together"),
        (("--full-well", "6000", "--qe", "no.csv"), 3, "no.csv: there is no such file"),
        (
            ("--black-level", "64", "--darktable", "no.json", "--model", "X"), 3,
            "no.json: there is no such file",
        ),
    ],
)  # fmt: skip
def test_mistakes_end_with_their_exit_code_and_a_sentence(
    fullwell: Command, arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    answer = fullwell("cameras", "new", tmp_path / "a.json", "--bits", "10", *arguments)

    assert answer.code == code
    assert words in answer.err
    assert not (tmp_path / "a.json").exists()


def test_an_existing_file_stays(fullwell: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("mine")

    answer = fullwell("cameras", "new", tmp_path / "a.json", "--bits", 10, "--full-well", 6000)

    assert answer.code == 3
    assert "pass --force" in answer.err
    assert (tmp_path / "a.json").read_text() == "mine"
