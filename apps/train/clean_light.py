"""Clean raw light in one array: mosaics for a training that has only torch and numpy."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from isp.core.errors import FileError, UsageError

LIGHT, INDEX = "light.npy", "index.json"
CODES = 65535  # of the square root of light: steps under a thousandth of an electron's at 1e5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """One scene's RGGB mosaic: linear light (h, w), even sides, 1.0 = white, nothing below 0."""

    name: str
    light: NDArray[np.float32]


def pack_light(mosaics: Iterable[Mosaic], folder: Path, most_bytes: int | None = None) -> int:
    """Write mosaics as one array of 16-bit roots beside an index; return its bytes.

    Light above 1 is cut: a pack is of photographs whose white is 1, and of scenes scaled so.
    most_bytes: refuse a pack beyond that, which a GPU machine's transfer may limit.

    Raises UsageError for an odd side, no mosaic, or too many bytes.
    """
    entries, parts, at = [], [], 0
    for mosaic in mosaics:
        height, width = mosaic.light.shape
        if height % 2 or width % 2:
            raise UsageError(f"{mosaic.name} is {height} x {width}, but cells are 2 x 2")
        root = np.sqrt(np.clip(mosaic.light, 0, 1))
        parts.append(np.round(root * CODES).astype(np.uint16).reshape(-1))
        entries.append({"name": mosaic.name, "height": height, "width": width, "start": at})
        at += height * width
    size = 2 * at
    if not parts or (most_bytes is not None and size > most_bytes):
        raise UsageError(
            f"a pack holds 1 mosaic or more and {most_bytes} bytes at most, not {len(parts)} of "
            f"{size} bytes"
        )
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / LIGHT, np.concatenate(parts))
    (folder / INDEX).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return size


class CleanLight:
    """A pack, opened: mosaics by number, cropped.

    device: where the light is asked for. On a CPU the array stays on the disk; another device
    takes all of it once.

    Raises FileError for a folder without a pack.
    """

    def __init__(self, folder: Path, device: torch.device | str = "cpu") -> None:
        try:
            # Copied on write, which does not happen: torch takes no array that is read-only.
            codes = np.load(folder / LIGHT, mmap_mode="c")
            index = (folder / INDEX).read_text(encoding="utf-8")
            self._entries = json.loads(index)
        except (OSError, ValueError) as error:
            raise FileError(
                folder,
                f"it holds no pack of clean light ({LIGHT} and {INDEX}); make one with "
                "`fullwell train light FILES -o DIR`",
            ) from error
        self._codes = torch.from_numpy(codes.view(np.int16)).to(device)  # few operations take u16
        self.starts = torch.tensor([entry["start"] for entry in self._entries])
        self.sha256 = hashlib.sha256(index.encode() + codes.tobytes()).hexdigest()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def device(self) -> torch.device:
        """Where the light is."""
        return self._codes.device

    @property
    def names(self) -> list[str]:
        """Of the scenes, in order."""
        return [entry["name"] for entry in self._entries]

    def size(self, number: int) -> tuple[int, int]:
        """Height and width of a mosaic."""
        entry = self._entries[number]
        return entry["height"], entry["width"]

    def at(self, places: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Linear light at places of the whole array: start + row width + column of a mosaic."""
        codes = self._codes[places].int() & CODES
        return (codes.float() / CODES).square()

    def crop(self, number: int, top: int, left: int, side: int) -> Float[Tensor, "side side"]:
        """A square of a mosaic, linear light; top and left are even, so that R comes first."""
        width = self.size(number)[1]
        line = torch.arange(side, device=self.device)
        first = int(self.starts[number]) + top * width + left
        return self.at(first + line[:, None] * width + line)

    def mosaics(self) -> Iterator[Mosaic]:
        """All of them, whole."""
        for number, entry in enumerate(self._entries):
            height, width = self.size(number)
            places = entry["start"] + torch.arange(height * width, device=self.device)
            light = self.at(places.reshape(height, width))
            yield Mosaic(name=entry["name"], light=light.cpu().numpy())
