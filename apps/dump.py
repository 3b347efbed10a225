"""Every frame of a run as `NN_name.npy`, masks, JSON and a PNG to look at; and its recipe."""

import io
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.preview import preview
from isp.core.errors import OutputError
from isp.core.frame import Frame
from isp.core.pipeline import Tap

SUFFIXES = (".npy", ".json", ".png")
RECIPE = "recipe.json"
DUMP_FORMAT = "fullwell dump"  # value of "format" in the facts
DUMP_VERSION = 1
MASKS = ("measured", "clipped", "generated")  # bits 1, 2 and 4 of NN_name.masks.npy


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
        """Write one frame: (b, c, h, w) float32, its facts, and the picture of its first image.

        Masks that say anything go into NN_name.masks.npy, one bit each.
        """
        from isp.files.png_bytes import png_bytes
        from isp.files.safe_write import safe_write

        stem = f"{self.count:02d}_{tap.name}"
        masks = mask_bits(tap.frame)
        facts = describe(tap.frame) | {
            "format": DUMP_FORMAT,
            "format_version": DUMP_VERSION,
            "name": tap.name,
            "masks": masks is not None,
            "seconds": tap.seconds,
        }
        contents = {
            ".npy": _npy(tap.frame.data.detach().cpu().numpy()),
            ".json": json.dumps(facts, indent=1).encode(),
            ".png": png_bytes(preview(tap.frame)),
        }
        if masks is not None:
            contents[".masks.npy"] = _npy(masks)
        for suffix, content in contents.items():
            with safe_write(self.place / f"{stem}{suffix}", force=True) as place:
                place.write_bytes(content)
        self.count += 1

    def add_recipe(self, record: dict[str, Any]) -> None:
        """Write the resolved recipe of the run, with which its frames can be developed on."""
        from isp.files.safe_write import safe_write

        with safe_write(self.place / RECIPE, force=True) as place:
            place.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def _files(self) -> list[Path]:
        frames = [f for f in self.folder.glob("[0-9][0-9]_*") if f.suffix in SUFFIXES]
        recipe = self.folder / RECIPE
        return [*frames, recipe] if recipe.exists() else frames


def describe(frame: Frame) -> dict[str, object]:
    """What a dumped array is: domain, layout, shot, camera, colour, history, masks in numbers."""
    from isp.files.profile import profile_record

    name, parameters = frame.history[-1] if frame.history else ("start", {})
    return {
        "domain": frame.domain.name,
        "shape": list(frame.data.shape),
        "step": name,
        "parameters": parameters,
        "shot": frame.shot.record() | {"tags": _tags(frame)},
        "profile": profile_record(frame.profile) if frame.profile else None,
        "balanced": frame.balanced,
        "colour": asdict(frame.colour) if frame.colour else None,
        "history": [list(step) for step in frame.history],
        "measured_fraction": float(frame.measured.float().mean()),
        "clipped_fraction": float(frame.clipped.float().mean()),
        "generated_fraction": float(frame.generated.float().mean()),
    }


def _tags(frame: Frame) -> dict[str, Any]:
    """What of the file's tags decides how a frame is developed on."""
    names = ("opcode_lists", "default_crop", "size")
    return {name: frame.shot.tags[name] for name in names if name in frame.shot.tags}


def mask_bits(frame: Frame) -> NDArray[np.uint8] | None:
    """The three masks as bits of (b, m, h, w); None where all is measured and none lost or made."""
    masks = [getattr(frame, name).cpu().numpy() for name in MASKS]
    if masks[0].all() and not masks[1].any() and not masks[2].any():
        return None
    bits = sum(mask.astype(np.uint8) << bit for bit, mask in enumerate(masks))
    return np.asarray(bits, dtype=np.uint8)


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
