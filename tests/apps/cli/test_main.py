"""The command: its verbs, its quick help, its exit codes, and how it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fullwell as package
from apps.cli import main
from isp.core.errors import CheckError, FileError, UsageError
from tests.apps.conftest import Command
from tests.apps.samples import left_in, refused

FULLWELL = Path(sys.executable).with_name("fullwell")
VERBS = ("demo", "simulate", "develop", "diff", "info", "cameras", "calibrate", "doctor")
HEAVY = ("torch", "colour", "numba", "scipy.stats", "matplotlib")


def test_help_names_every_verb(fullwell: Command) -> None:
    answer = fullwell("--help")

    assert (answer.code, answer.err) == (0, "")
    for verb in VERBS:
        assert f"\n  {verb} " in answer.out


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("demo", "--output --seed --force --quiet"),
        ("simulate", "--output --camera --iso --exposure-time --f-number --seed --body --set "
         "--no-noise --luminance-scale --illuminant --force --json --quiet"),
        ("develop", "--output --camera --preset --recipe --set --demosaic --wb --tone --exposure "
         "--linear --stage --dump --from --save-recipe --force --json --quiet --width "
         "--height --bits --packing --stride --offset --endian --align --cfa --black-level "
         "--white-level --frame"),
        ("diff", "--output --tolerance --roi --camera --force --json --quiet --width --frame"),
        ("info", "--json --width --packing --frame"),
        ("cameras list", "--json"),
        ("doctor", "--json"),
    ],
)  # fmt: skip
def test_the_help_of_each_verb_names_its_options(
    fullwell: Command, verb: str, options: str
) -> None:
    answer = fullwell(*verb.split(), "-h")

    assert (answer.code, answer.err) == (0, "")
    for option in options.split():
        assert option in answer.out, option


def test_no_verb_at_all_shows_the_help_and_is_a_usage_error(fullwell: Command) -> None:
    answer = fullwell()

    assert answer.code == 2
    assert "Usage: fullwell" in answer.out
    assert answer.err == ""


def test_an_unknown_verb_is_a_usage_error_that_says_where_help_is(fullwell: Command) -> None:
    refused(fullwell("devlop"), 2, "devlop")


def test_a_usage_error_of_a_verb_leads_to_its_own_help(fullwell: Command) -> None:
    answer = fullwell("develop")

    refused(answer, 2, "Missing option")
    assert answer.err.splitlines()[-1] == "try: fullwell develop --help"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CheckError("PSNR 20 dB is under 30 dB"), 1, "error: PSNR 20 dB is under 30 dB\n"),
        (UsageError("no such tone"), 2, "error: no such tone\ntry: fullwell --help\n"),
        (FileError("a.dng", "cut\nshort"), 3, "error: a.dng: cut short\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BrokenPipeError(), 0, ""),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, BaseException) else None,
)
def test_each_kind_of_error_has_its_exit_code(
    fullwell: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def fail() -> dict[str, dict[str, str]]:
        raise error

    monkeypatch.setattr("apps.diagnosis.diagnose", fail)

    assert fullwell("doctor") == (code, "", said)


def modules_after(statement: str) -> set[str]:
    """Which of the heavy modules a fresh Python holds after a statement."""
    found = f"[m for m in {HEAVY} if m in sys.modules]"
    code = f"import json, sys\n{statement}\nprint(json.dumps({found}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--help"], *([verb, "--help"] for verb in VERBS)], ids=" ".join
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert modules_after(f"from apps.cli.main import run; assert run({arguments}) == 0") == set()


def test_importing_the_facade_imports_nothing_heavy() -> None:
    assert modules_after("import fullwell; dir(fullwell)") == set()
    assert "torch" in modules_after("import fullwell; fullwell.Frame")  # the check can fail


def test_the_installed_command_runs_and_its_exit_code_is_the_shells(tmp_path: Path) -> None:
    helped = subprocess.run([FULLWELL, "--help"], capture_output=True, text=True, check=False)
    failed = subprocess.run(
        [FULLWELL, "info", tmp_path], capture_output=True, text=True, check=False
    )

    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith("Usage: fullwell")
    assert (failed.returncode, failed.stdout) == (3, "")
    assert failed.stderr == f"error: {tmp_path}: it is a folder; a file is needed\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{FULLWELL}' cameras list --json | head -c 1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout == "["
    assert "Traceback" not in done.stderr


# A job in the background may be started with Ctrl-C ignored, and hands that on.
HEARING = """import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
# Sleeps over small pictures only, and says so once the file it is told to wait for is there.
SLEEPER = """import pathlib, shutil, sys, time
import numpy as np
source, result, marker, before = sys.argv[1:5]
if np.load(source).shape[0] > 24:
    shutil.copy(source, result)
    sys.exit()
while not pathlib.Path(before).exists():
    time.sleep(0.05)
pathlib.Path(marker).touch()
time.sleep(60)
"""


def interrupted(folder: Path, raws: list[Path], before: Path) -> tuple[int, str, str]:
    """Develop with SLEEPER, and press Ctrl-C when it sleeps: every process of the job hears it."""
    (folder / "sleep.py").write_text(SLEEPER)
    marker = folder / "sleeping"
    spec = f"tone=exec:{sys.executable} {folder}/sleep.py {{in}} {{out}} {marker} {before}"
    command = [FULLWELL, "develop", *raws, "-o", f"{folder}/out/", "--stage", spec]
    with subprocess.Popen(
        [sys.executable, "-c", HEARING, *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        start = time.monotonic()
        while not marker.exists() and time.monotonic() - start < 60:
            time.sleep(0.05)
        assert marker.exists()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("count", [1, 6], ids=["one file", "six files"])
def test_ctrl_c_ends_it_at_once_with_130_and_leaves_nothing(
    tmp_path: Path, grey_dng: Path, count: int
) -> None:
    raws = [tmp_path / f"{n}.dng" for n in range(count)]
    for raw in raws:
        raw.write_bytes(grey_dng.read_bytes())

    assert interrupted(tmp_path, raws, before=tmp_path) == (130, "", "interrupted\n")
    assert left_in(tmp_path / "out") == []


def test_ctrl_c_keeps_what_is_done_and_an_idle_worker_says_nothing(
    tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    done = tmp_path / "out" / "steps.png"

    assert interrupted(tmp_path, [grey_dng, steps_dng], before=done) == (130, "", "interrupted\n")
    assert left_in(tmp_path / "out") == ["steps.png"]


def test_the_entry_point_hands_the_code_to_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fullwell", "nonsense"])

    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2


def test_a_binding_that_complains_as_the_process_ends_is_not_heard() -> None:
    """OpenImageIO's lists what leaked, which is nothing that a user could act on."""
    code = "import sys; sys.argv = ['fullwell', '--version']; import colour, OpenImageIO"
    code += "; from apps.cli.main import main; main()"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert answer.returncode == 0
    assert answer.stderr == ""


def test_the_version_is_the_packages(fullwell: Command) -> None:
    assert fullwell("--version") == (0, f"{package.__version__}\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_answer_that_cannot_be_written_is_one_sentence() -> None:
    code = "from apps.cli.main import main; main()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "cameras", "list"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: cannot write the answer")
    assert done.returncode == 3


def test_a_file_in_place_of_a_verb_is_told_the_verb(fullwell: Command, tmp_path: Path) -> None:
    (tmp_path / "a.dng").touch()

    answer = fullwell(tmp_path / "a.dng")

    assert answer.code == 2
    assert f"try: fullwell develop {tmp_path / 'a.dng'} -o OUT.png" in answer.err
