"""fullwell merge: options, the line for a person, JSON for a machine, exit codes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
import torch

from apps.cli.merge import _percent
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.picture import write_picture
from tests.apps.conftest import Command
from tests.apps.samples import read_codes, read_exr


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    light = torch.linspace(0.02, 4.0, 120).expand(1, 3, 20, 120)
    paths = [tmp_path / f"p{i}.png" for i in range(3)]
    for path, ev in zip(paths, (-3, 0, 2), strict=True):
        code = Response.power(2.2).encode((light * 2.0**ev).clamp(0, 1))
        write_picture(path, Frame.start(code, Domain.SDR))
    return paths


def test_times_and_response_are_options(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    answer = fullwell(
        "merge", *files, "-o", tmp_path / "out.exr", "--times", "1/8,1,4", "--response",
        "power:2.2", "--reference", 2,
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    light = read_exr(tmp_path / "out.exr")["R"][0].astype(float)
    np.testing.assert_allclose(light, np.linspace(0.02, 4.0, 120), rtol=0.015)
    assert answer.out.startswith(f"{tmp_path / 'out.exr'}: 120 x 20 LINEAR of 3 files; ")
    assert "exposures 0.125, 1, 4 (given)" in answer.out


def test_json_has_every_figure(fullwell: Command, tmp_path: Path, files: list[Path]) -> None:
    answer = fullwell(
        "merge", *files, "-o", tmp_path / "out.exr", "--response", "power:2.2", "--json",
        "--no-deghost", "--measure-exposures",
    )  # fmt: skip

    facts = json.loads(answer.out)
    assert facts["exposures_from"] == "measured"
    assert facts["rejected_percent"] == [0, 0, 0]
    assert sum(facts["shares_percent"]) == pytest.approx(100)


def test_aligning_is_an_option_and_frames_that_do_not_match_are_bad_input(
    fullwell: Command, tmp_path: Path
) -> None:
    paths = [tmp_path / f"n{i}.png" for i in range(2)]
    for i, path in enumerate(paths):
        code = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(i))
        write_picture(path, Frame.start(code, Domain.SDR))

    answer = fullwell(
        "merge", *paths, "-o", tmp_path / "out.exr", "--align", "--times", "1,1", "--response",
        "srgb",
    )  # fmt: skip

    assert answer.code == 3
    assert "frames 1 and 2 do not match" in answer.err or "frames 2 and 1 do not" in answer.err
    assert not (tmp_path / "out.exr").exists()


def test_pictures_are_fused(fullwell: Command, tmp_path: Path, files: list[Path]) -> None:
    answer = fullwell("merge", *files, "-o", tmp_path / "out.jpg", "--fusion", "mertens")

    assert answer.code == 0
    assert "120 x 20 SDR of 3 files; measured" in answer.out
    assert read_codes(tmp_path / "out.jpg").shape == (20, 120, 3)


def test_quiet_says_nothing(fullwell: Command, tmp_path: Path, files: list[Path]) -> None:
    answer = fullwell("merge", *files, "-o", tmp_path / "out.exr", "--quiet")

    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_mistakes_end_with_their_code_and_one_sentence(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    missing = fullwell("merge", tmp_path / "no.png", "-o", tmp_path / "out.exr")
    assert missing.code == 3
    assert "no.png" in missing.err

    wrong = fullwell("merge", *files, "-o", tmp_path / "out.exr", "--times", "1,two,3")
    assert wrong.code == 2
    assert 'got "two"' in wrong.err

    twice = [fullwell("merge", *files, "-o", tmp_path / "out.exr") for _ in range(2)]
    assert [answer.code for answer in twice] == [0, 3]
    assert "--force" in twice[1].err
    assert fullwell("merge", *files, "-o", tmp_path / "out.exr", "--force").code == 0


def test_space_and_white_are_those_of_the_file(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    plain, wide = tmp_path / "plain.exr", tmp_path / "wide.exr"
    options = ("--times", "1/8,1,4", "--response", "power:2.2", "--reference", 2)

    assert fullwell("merge", *files, "-o", plain, *options).code == 0
    answer = fullwell(
        "merge", *files, "-o", wide, *options, "--space", "bt2020", "--white", 100
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    said, widely = facts_of_exr(plain), facts_of_exr(wide)
    assert said["one_is"].startswith("white of the reference frame")
    assert "whiteLuminance" not in said
    assert widely["one_is"].startswith("100 cd/m2; white of the reference frame")
    assert widely["whiteLuminance"] == 100
    assert widely["chromaticities"][:2] == pytest.approx((0.708, 0.292))
    # Grey is grey in both, and as bright.
    np.testing.assert_allclose(
        read_exr(wide)["G"].astype(float), read_exr(plain)["G"].astype(float), rtol=2e-3
    )


def facts_of_exr(path: Path) -> dict[str, Any]:
    with OpenEXR.File(str(path)) as file:
        header = dict(file.header())
    return {name.removeprefix("fullwell:"): value for name, value in header.items()}


def test_what_a_dng_cannot_say_is_refused(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    for option in (("--space", "p3"), ("--white", 100)):
        answer = fullwell("merge", *files, "-o", tmp_path / "out.dng", *option)

        assert answer.code == 2
        assert "is a picture" not in answer.err
        assert not (tmp_path / "out.dng").exists()


def test_what_was_done_unasked_is_a_note_on_stderr_and_quiet_keeps_it(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    rows = [{"file": p.name, "time_s": t} for p, t in zip(files, (1 / 2, 1, 4), strict=True)]
    (tmp_path / "bracket.json").write_text(json.dumps({"frames": rows}))

    def merged(*options: str) -> Any:
        return fullwell("merge", *files, "-o", tmp_path / "out.exr", "--force", *options)

    said, machine, kept, quiet = (
        merged(), merged("--json"), merged("--stated-exposures"), merged("--quiet")
    )  # fmt: skip

    assert said.err.startswith("note: exposures measured, not as stated: ")
    assert said.err.count("note:") == 1
    assert "(measured)" in said.out
    assert "not as stated" not in said.out
    assert machine.err == said.err
    assert json.loads(machine.out)["warnings"] == [said.err.removeprefix("note: ").strip()]
    assert "not as stated" not in kept.err
    assert "(metadata)" in kept.out
    assert (quiet.out, quiet.err) == ("", "")


def test_pictures_are_refused_for_a_dng_before_any_is_decoded(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    for file in files:
        file.write_bytes(file.read_bytes()[:40])  # no picture is left to decode

    answer = fullwell("merge", *files, "-o", tmp_path / "out.dng")

    assert answer.code == 2
    assert f"{files[0]} is a picture; pictures merge to .exr" in answer.err


def test_exposures_that_nobody_stated_cannot_be_kept(
    fullwell: Command, tmp_path: Path, files: list[Path]
) -> None:
    alone = fullwell("merge", *files, "-o", tmp_path / "out.exr", "--stated-exposures")
    given = fullwell(
        "merge", *files, "-o", tmp_path / "out.exr", "--stated-exposures", "--times", "1/8,1,4"
    )  # fmt: skip

    assert alone.code == 2
    assert "no exposures are stated; give --times or --measure-exposures" in alone.err
    assert (given.code, "(given)" in given.out) == (0, True)


@pytest.mark.parametrize(
    ("share", "said"),
    [(100.0, "100"), (99.6, "100"), (99.4, "99"), (12.34, "12"), (0.0961, "0.096"), (0, "0")],
)
def test_shares_are_said_in_digits_that_people_write(share: float, said: str) -> None:
    assert _percent(share) == said
