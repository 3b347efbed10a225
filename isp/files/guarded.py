"""Run a decoder in a child process under limits of time and memory."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

import isp
from isp.core import errors
from isp.core.errors import FileError, FullwellError, LimitError
from isp.files.decoded import Decoded, receive
from isp.files.limits import Limits

REPLY, ERROR = {"facts", "arrays"}, {"error", "reason"}
GRACE_S = 1.0  # for a child that closed its answer to end by itself

_COMMAND = [sys.executable, "-P", "-m", "isp.files.decoder_process"]


def decode(decoder: str, path: Path, limits: Limits, **options: Any) -> Decoded:
    """Call `module:function` on a file in a child process and return what it decoded.

    decoder: takes (path, limits, **options) and returns Decoded. The child is a plain
        `python -m`, not multiprocessing, so that scripts without a `__main__` guard work.

    Raises the FileError, LimitError or other error of the tree that the decoder raised, and
    FileError or LimitError where it crashed, ran out of memory or out of time.
    """
    request = {
        "decoder": decoder,
        "path": str(path.absolute()),
        "limits": asdict(limits),
        "options": options,
    }
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=_environment(),
        )
        out_of_time = threading.Event()
        timer = threading.Timer(limits.seconds, _stop, (child, out_of_time))
        timer.start()
        try:
            decoded = _converse(child, request, path, limits)
        except (EOFError, BrokenPipeError):
            code = _ended(child)
            if out_of_time.is_set():
                raise LimitError(
                    path, f"decoding it took more than the {limits.seconds:g} s allowed"
                ) from None
            raise _crash(path, code, noise, limits) from None
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):  # a request never taken
                        stream.close()
    return decoded


def _converse(
    child: "subprocess.Popen[bytes]", request: dict[str, Any], path: Path, limits: Limits
) -> Decoded:
    asked, told = (
        cast(BufferedIOBase, child.stdin),
        cast(BufferedIOBase, child.stdout),
    )  # pipes both
    asked.write(json.dumps(request).encode())
    asked.close()
    line = told.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    # The child is ended for it, so how it ended would say nothing.
    if not isinstance(header, dict) or not (header.keys() >= REPLY or header.keys() >= ERROR):
        raise FileError(path, "the decoder's answer cannot be understood")
    if "error" in header:
        raise _told(path, header["error"], header["reason"])
    return receive(header, told, limits.memory_bytes)


def _ended(child: "subprocess.Popen[bytes]") -> int | None:
    """The exit code of a child that stopped answering; None where it had to be ended for it."""
    try:
        return child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return None


def _told(path: Path, kind: str, reason: str) -> FullwellError:
    """Make the error the child named, with the path as the user wrote it."""
    known: Any = getattr(errors, kind, FileError)
    takes_path = issubclass(known, FileError)
    error: FullwellError = known(path, reason) if takes_path else known(f"{path}: {reason}")
    return error


def _crash(path: Path, code: int | None, noise: BufferedIOBase, limits: Limits) -> FileError:
    noise.seek(0)
    said = noise.read()[-4000:].decode(errors="replace")
    if "bad_alloc" in said or "MemoryError" in said:
        most = limits.memory_bytes / 2**30
        return LimitError(path, f"decoding it needs more than the {most:.3g} GiB of memory allowed")
    if code is None:
        return FileError(path, "the decoder stopped in the middle of its answer")
    if code < 0:
        return FileError(path, f"the decoder crashed on it ({signal.Signals(-code).name})")
    last = said.strip().splitlines()[-1:] or ["without a word"]
    return FileError(path, f"the decoder stopped (exit code {code}: {last[0]})")


def _stop(child: "subprocess.Popen[bytes]", out_of_time: threading.Event) -> None:
    out_of_time.set()
    child.kill()


def _environment() -> dict[str, str]:
    """The parent's environment, with the folder that holds `isp` on the path."""
    root = str(Path(isp.__file__ or ".").resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return os.environ | {
        "PYTHONPATH": root if not inherited else os.pathsep.join([root, inherited]),
        "OPENBLAS_NUM_THREADS": "1",  # its thread stacks would count against the memory limit
    }
