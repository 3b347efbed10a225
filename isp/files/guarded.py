"""Run a decoder in a child process under limits of time and memory."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
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
        `python -m`, not multiprocessing, so that scripts without a `__main__` guard work. Each
        file has its own child, but inside `one_child`.

    Raises the FileError, LimitError or other error of the tree that the decoder raised, and
    FileError or LimitError where it crashed, ran out of memory or out of time.
    """
    request = {
        "decoder": decoder,
        "path": str(path.absolute()),
        "limits": asdict(limits),
        "options": options,
    }
    kept: dict[int, _Child] | None = getattr(_here, "children", None)
    child = None if kept is None else kept.pop(limits.memory_bytes, None)
    child = child or _Child()
    try:
        return child.ask(request, path, limits)
    finally:
        if kept is not None and child.is_ready:
            kept[limits.memory_bytes] = child
        else:
            child.end()


@contextlib.contextmanager
def one_child() -> Iterator[None]:
    """Decode all files of the block, in this thread, in one child, which saves its start.

    A file on which it crashes or runs out of time ends it; the next file has a new one.
    """
    if getattr(_here, "children", None) is not None:
        yield
        return
    _here.children = {}
    try:
        yield
    finally:
        children, _here.children = _here.children, None
        for child in children.values():
            child.end()


_here = threading.local()  # children: by their memory limit, None outside of one_child


class _Child:
    """A process that answers one request after the other.

    is_ready: whether the last answer was read whole, so that another may be asked for.
    """

    def __init__(self) -> None:
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115  `end` closes it
        self.process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            env=_environment(),
        )
        self.is_ready = True

    def ask(self, request: dict[str, Any], path: Path, limits: Limits) -> Decoded:
        """Ask for one file; see `decode`."""
        self.is_ready = False
        out_of_time = threading.Event()
        timer = threading.Timer(limits.seconds, _stop, (self.process, out_of_time))
        timer.start()
        try:
            return self._converse(request, path, limits)
        except (EOFError, BrokenPipeError):
            code = _ended(self.process)
            if out_of_time.is_set():
                raise LimitError(
                    path, f"decoding it took more than the {limits.seconds:g} s allowed"
                ) from None
            raise _crash(path, code, cast(BufferedIOBase, self.noise), limits) from None
        finally:
            timer.cancel()

    def _converse(self, request: dict[str, Any], path: Path, limits: Limits) -> Decoded:
        asked, told = (
            cast(BufferedIOBase, self.process.stdin),
            cast(BufferedIOBase, self.process.stdout),
        )  # pipes both
        asked.write(json.dumps(request).encode() + b"\n")
        asked.flush()
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
            self.is_ready = True
            raise _told(path, header["error"], header["reason"])
        decoded = receive(header, told, limits.memory_bytes)
        self.is_ready = True
        return decoded

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.noise):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # a request never taken
                    stream.close()


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
