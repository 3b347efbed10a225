"""The child answers with arrays or with one error, and starts without torch."""

import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from isp.files.decoder_process import answer
from isp.files.limits import Limits


def told(decoder: str, path: Path) -> dict:
    stream = io.BytesIO()
    request = {
        "decoder": decoder, "path": str(path), "limits": asdict(Limits()), "options": {},
    }  # fmt: skip
    answer(request, stream)
    return json.loads(stream.getvalue().splitlines()[0])


def test_an_error_of_the_tree_keeps_its_class_and_reason(tmp_path: Path) -> None:
    reply = told("isp.files.raw_decode:decode_raw", tmp_path / "gone.dng")

    assert reply == {"error": "FileError", "reason": "there is no such file"}


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        ("MemoryError()", "LimitError", "more than the 8 GiB"),
        ("RuntimeError('std::bad_alloc')", "LimitError", "more than the 8 GiB"),
        ("ModuleNotFoundError(name='rawpy')", "MissingError", "needs the package rawpy"),
        ("KeyError('strip')", "FileError", "cannot be decoded (KeyError: 'strip')"),
    ],
)
def test_whatever_a_decoder_raises_becomes_one_answer(
    raised: str, kind: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"decoder_of_{kind}_{len(raised)}"
    (tmp_path / f"{name}.py").write_text(f"def decode(path, limits):\n    raise {raised}\n")
    monkeypatch.syspath_prepend(tmp_path)

    reply = told(f"{name}:decode", tmp_path / "any")

    assert reply["error"] == kind
    assert words in reply["reason"]


def test_a_number_that_json_cannot_hold_is_an_answer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "decoder_of_infinity.py").write_text(
        "from isp.files.decoded import Decoded\n"
        "def decode(path, limits):\n    return Decoded(facts={'iso': float('inf')})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    reply = told("decoder_of_infinity:decode", tmp_path / "any")

    assert reply == {"error": "FileError", "reason": "a number in its header is not finite"}


def test_no_decoder_imports_torch() -> None:
    modules = ["raw_decode", "exr_decode", "radiance_decode", "picture_decode", "decoder_process"]
    code = ";".join(f"import isp.files.{m}" for m in modules)

    done = subprocess.run(
        [sys.executable, "-c", f"{code};import sys;print('torch' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "False"
