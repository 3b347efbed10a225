"""Every frame of a run as `NN_name.npy`, JSON and a PNG to look at."""

import io
import json
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np

from apps.preview import preview
from isp.core.errors import OutputError
from isp.core.frame import Frame
from isp.core.pipeline import Tap

SUFFIXES = (".npy", ".json", ".png")


class Dump:
    """Writes frames into a folder in the order they come: all of them or, on an error, none.

    >>> with Dump(Path(tempfile.mkdtemp())) as dump:
    ...     dump.count
    0

    Raises OutputError when the folder cannot be made, or holds a dump already and not `force`.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        self.folder = folder
        self.is_new = not folder.exists()
        self.count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self._files() and not force:
                raise OutputError(folder, "it holds a dump already; pass --force to replace it")
            self.place = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder))
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(folder, f"cannot make the folder ({error.strerror})") from error

    def __enter__(self) -> "Dump":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for old in self._files():
                    old.unlink()
                for new in self.place.iterdir():
                    new.replace(self.folder / new.name)
        except OSError as trouble:
            raise OutputError(self.folder, f"cannot write it ({trouble.strerror})") from trouble
        finally:
            shutil.rmtree(self.place, ignore_errors=True)
            if error is not None and self.is_new:
                self.folder.rmdir()

    def add(self, tap: Tap) -> None:
        """Write one frame: (b, c, h, w) float32, its facts, and the picture of its first image."""
        from isp.files.png_bytes import png_bytes
        from isp.files.safe_write import safe_write

        stem = f"{self.count:02d}_{tap.name}"
        buffer = io.BytesIO()
        np.save(buffer, tap.frame.data.detach().cpu().numpy())
        facts = json.dumps(describe(tap.frame) | {"seconds": tap.seconds}, indent=1)
        contents = buffer.getvalue(), facts.encode(), png_bytes(preview(tap.frame))
        for suffix, content in zip(SUFFIXES, contents, strict=True):
            with safe_write(self.place / f"{stem}{suffix}", force=True) as place:
                place.write_bytes(content)
        self.count += 1

    def _files(self) -> list[Path]:
        return [f for f in self.folder.glob("[0-9][0-9]_*") if f.suffix in SUFFIXES]


def describe(frame: Frame) -> dict[str, object]:
    """What a dumped array is: domain, layout, shot, parameters of the step, masks in numbers."""
    name, parameters = frame.history[-1] if frame.history else ("start", {})
    return {
        "domain": frame.domain.name,
        "shape": list(frame.data.shape),
        "step": name,
        "parameters": parameters,
        "shot": frame.shot.record(),
        "measured_fraction": float(frame.measured.float().mean()),
        "clipped_fraction": float(frame.clipped.float().mean()),
        "generated_fraction": float(frame.generated.float().mean()),
    }
