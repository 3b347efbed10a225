"""The child that decodes files: `python -m isp.files.decoder_process`, a request a line on stdin.

Decoders are C and C++ libraries fed with files from anywhere: here they may crash, hang, ask
for all memory or print, and the program that asked gets one clear error.
"""

import contextlib
import importlib
import json
import os
import sys
from io import BufferedIOBase
from typing import Any

from isp.core.errors import FileError, FullwellError
from isp.files.decoded import Decoded, send, send_error
from isp.files.limits import Limits


def answer(request: dict[str, Any], stream: BufferedIOBase) -> None:
    """Run the decoder `module:function` of the request; write arrays or one error."""
    try:
        decoded = _decode(request)
    except FileError as error:
        send_error(type(error).__name__, error.reason, stream)
    except FullwellError as error:
        send_error(type(error).__name__, str(error), stream)
    except MemoryError:
        send_error("LimitError", _memory_reason(request), stream)
    except ModuleNotFoundError as error:
        send_error("MissingError", f"reading it needs the package {error.name}", stream)
    except Exception as error:  # noqa: BLE001  whatever a decoder raises becomes one answer
        if "bad_alloc" in str(error) or "allocat" in str(error):
            send_error("LimitError", _memory_reason(request), stream)
        else:
            send_error(
                "FileError", f"it cannot be decoded ({type(error).__name__}: {error})", stream
            )
    else:
        send(decoded, stream)


def _decode(request: dict[str, Any]) -> Decoded:
    module, function = request["decoder"].split(":")
    decode = getattr(importlib.import_module(module), function)
    limits = Limits(**request["limits"])
    decoded: Decoded = decode(request["path"], limits, **request["options"])
    try:
        json.dumps(dict(decoded.facts), allow_nan=False)
    except ValueError as error:
        raise FileError(request["path"], "a number in its header is not finite") from error
    return decoded


def _memory_reason(request: dict[str, Any]) -> str:
    most = request["limits"]["memory_bytes"] / 2**30
    return f"decoding it needs more than the {most:.3g} GiB of memory allowed"


def _limit_memory(most: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system can
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer each request; whatever a library prints to stdout goes to stderr instead."""
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            request = json.loads(line)
            _limit_memory(request["limits"]["memory_bytes"])
            answer(request, stream)


if __name__ == "__main__":
    main()
