"""A decoder may crash, hang, print or ask for all memory: the caller gets one typed error."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files import guarded
from isp.files.guarded import decode, one_child
from isp.files.limits import Limits

SOURCE = """
import os, sys, time
import numpy as np
from isp.files.decoded import Decoded

def sleeps(path, limits):
    time.sleep(60)

def sleeps_while_sending(path, limits):
    sys.stdout.flush()
    os.write(1, b"noise on stdout")
    time.sleep(60)

def crashes(path, limits):
    os.kill(os.getpid(), 11)

def leaves(path, limits):
    print("the strip table is odd", file=sys.stderr)
    os._exit(7)

def devours(path, limits):
    return Decoded(arrays={"a": np.ones(2**31, dtype=np.uint8)})

def prints(path, limits):
    print("hello from a library")
    os.write(1, b"and from its C part")
    return Decoded(facts={"ok": True}, arrays={"a": np.arange(5)})

def tells_its_pid(path, limits):
    with open(path + ".pid", "w") as file:
        file.write(str(os.getpid()))
    time.sleep(60)
"""


ONE_CHILD_SOURCE = """
def says_its_pid(path, limits):
    return Decoded(facts={"pid": os.getpid()}, arrays={"a": np.arange(3)})

def refuses(path, limits):
    from isp.core.errors import FileError
    raise FileError(path, "not this one")
"""


@pytest.fixture
def decoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "odd_decoders.py").write_text(SOURCE + ONE_CHILD_SOURCE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "night.dng"


@pytest.mark.parametrize("function", ["sleeps", "sleeps_while_sending"])
def test_a_decoder_that_hangs_is_stopped_in_time(function: str, decoders: Path) -> None:
    start = time.monotonic()

    with pytest.raises(LimitError, match=r"night\.dng: .*more than the 1 s allowed"):
        decode(f"odd_decoders:{function}", decoders, Limits(seconds=1.0))

    assert time.monotonic() - start < 20


def test_the_child_of_a_timeout_is_dead(decoders: Path) -> None:
    with pytest.raises(LimitError):
        decode("odd_decoders:tells_its_pid", decoders, Limits(seconds=2.0))

    pid = int(Path(f"{decoders}.pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


def test_a_crash_names_the_signal(decoders: Path) -> None:
    with pytest.raises(FileError, match=r"night\.dng: the decoder crashed on it \(SIGSEGV\)"):
        decode("odd_decoders:crashes", decoders, Limits())


@pytest.mark.parametrize("reply", [b"words", b"\xff\xfe", b"[1]", b'{"facts": {}}'])
def test_a_reply_that_is_no_answer_is_not_called_a_crash(
    reply: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child lives on until we end it, so its exit code is of our making."""
    code = f"import os, time; os.write(1, {reply!r} + b'\\n'); time.sleep(60)"
    monkeypatch.setattr(guarded, "_COMMAND", [sys.executable, "-c", code])

    with pytest.raises(FileError, match=r"night\.dng: the decoder's answer cannot be understood"):
        decode("odd:one", tmp_path / "night.dng", Limits())


def test_an_answer_that_is_broken_off_by_a_child_that_lives_is_not_called_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, time; os.close(1); time.sleep(60)"
    monkeypatch.setattr(guarded, "_COMMAND", [sys.executable, "-c", code])

    with pytest.raises(FileError, match="stopped in the middle of its answer"):
        decode("odd:one", tmp_path / "night.dng", Limits())


def test_a_child_that_leaves_is_quoted(decoders: Path) -> None:
    with pytest.raises(FileError, match="exit code 7: the strip table is odd"):
        decode("odd_decoders:leaves", decoders, Limits())


def test_a_decoder_that_wants_more_memory_than_allowed_is_refused(decoders: Path) -> None:
    with pytest.raises(LimitError, match="more than the 1 GiB of memory"):
        decode("odd_decoders:devours", decoders, Limits(memory_bytes=2**30))


def test_what_a_library_prints_reaches_neither_answer_nor_user(
    decoders: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    decoded = decode("odd_decoders:prints", decoders, Limits())

    assert decoded.facts == {"ok": True}
    assert np.array_equal(decoded.arrays["a"], np.arange(5))
    assert capfd.readouterr() == ("", "")


def test_a_script_without_a_main_guard_may_decode(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "from pathlib import Path\n"
        "from isp.core.errors import FileError\n"
        "from isp.files.guarded import decode, one_child\n"
        "from isp.files.limits import Limits\n"
        "try:\n"
        "    decode('isp.files.raw_decode:decode_raw', Path('gone.dng'), Limits())\n"
        "except FileError as error:\n"
        "    print(error)\n"
    )
    root = Path(__file__).resolve().parents[3]

    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env={"PYTHONPATH": str(root)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "gone.dng: there is no such file\n"


def test_a_module_of_the_users_folder_does_not_stand_in_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')\n")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(FileError, match="there is no such file"):
        decode("isp.files.raw_decode:decode_raw", Path("gone.dng"), Limits())

    assert json.loads("1") == 1


def pid(decoders: Path) -> int:
    return decode("odd_decoders:says_its_pid", decoders, Limits()).facts["pid"]


def test_each_file_has_its_own_child(decoders: Path) -> None:
    assert pid(decoders) != pid(decoders)


def test_files_of_a_block_have_one_child_which_ends_with_it(decoders: Path) -> None:
    with one_child():
        first = pid(decoders)
        with one_child():
            assert pid(decoders) == first
        with pytest.raises(FileError, match="not this one"):
            decode("odd_decoders:refuses", decoders, Limits())
        assert pid(decoders) == first

    assert not Path(f"/proc/{first}").exists()


def test_a_child_that_crashes_is_followed_by_another(decoders: Path) -> None:
    with one_child():
        first = pid(decoders)
        with pytest.raises(LimitError):
            decode("odd_decoders:sleeps", decoders, Limits(seconds=1.0))

        assert pid(decoders) != first


def test_another_memory_limit_has_a_child_of_its_own(decoders: Path) -> None:
    with one_child():
        first = pid(decoders)
        other = decode("odd_decoders:says_its_pid", decoders, Limits(memory_bytes=4 * 2**30)).facts[
            "pid"
        ]

        assert other != first
        assert pid(decoders) == first
