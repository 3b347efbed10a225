"""Another program's dump: a file that says which array is which stage's output."""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError
from isp.core.frame import Frame
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.npy import read_npy

MAP_VERSION = 1
PICTURES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


class Entry(BaseModel):
    """One array: (value - offset) / scale is the value in our domain.

    name: the stage's, as ours where they do the same. file: .npy, .exr or a picture, relative to
    the map. layout: of a .npy; by default its shape says it. space, transfer: of LINEAR and SDR.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    file: str = Field(min_length=1)
    domain: Literal["RAW", "MOSAIC", "CAMERA", "LINEAR", "SDR", "HDR"]
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    offset: float = Field(default=0.0, allow_inf_nan=False)
    layout: Literal["hw", "hwc", "chw", "bchw"] | None = None
    space: Literal["bt709", "p3", "bt2020", "acescg"] = "bt709"
    transfer: Literal["linear", "srgb"] | None = None


class NameMap(BaseModel):
    """The arrays in the order in which they were made."""

    model_config = ConfigDict(extra="forbid")

    format_version: Literal[1]
    frames: list[Entry] = Field(min_length=1)


def is_name_map(path: Path) -> bool:
    """Whether a TOML or JSON file has `frames`, as a recipe has `steps`."""
    try:
        values = _values(path)
    except FileError:
        return False
    return isinstance(values, dict) and "frames" in values


def read_name_map(path: Path) -> NameMap:
    """Read a map from TOML or JSON.

    Raises FileError naming the file and the first place that is wrong.
    """
    values = _values(path)
    try:
        return NameMap.model_validate(values)
    except ValidationError as error:
        trouble = error.errors()[0]
        place = ".".join(str(part) for part in trouble["loc"])
        raise FileError(
            path, f"a map has format_version and frames ({place}: {trouble['msg']})"
        ) from error


def read_entry(folder: Path, entry: Entry, limits: Limits | None = None) -> Frame:
    """Return the frame that an entry describes: all measured, of no known camera.

    Raises FileError naming the file and the reason.
    """
    path = folder / entry.file
    domain = Domain[entry.domain]
    data = (_array(path, entry, limits or Limits()) - entry.offset) / entry.scale
    colour = None
    if domain >= Domain.LINEAR:
        transfer = entry.transfer or ("srgb" if domain is Domain.SDR else "linear")
        colour = Colour(primaries=PRIMARIES[entry.space], transfer=transfer)
    try:
        return Frame.start(data.float(), domain, colour=colour)
    except FrameError as error:
        raise FileError(path, f"it cannot be {entry.domain} ({error})") from error


def _values(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(path, f"it is neither readable TOML nor JSON ({reason})") from error


def _array(path: Path, entry: Entry, limits: Limits) -> Tensor:
    """(b, c, h, w) float64 of any file."""
    suffix = path.suffix.lower()
    if suffix == ".exr":
        from isp.files.exr import read_exr

        return read_exr(path, limits=limits).data.double()
    if suffix in PICTURES:
        code = decode("isp.files.picture_decode:decode_picture", path, limits).arrays["code"]
        return _planes(path, np.asarray(code, np.float64), "hwc")
    array = np.asarray(read_npy(path, limits), np.float64)
    return _planes(path, array, entry.layout or _layout(path, array))


def _layout(path: Path, array: NDArray[np.float64]) -> str:
    if array.ndim == 2:
        return "hw"
    if array.ndim == 4:
        return "bchw"
    if array.ndim == 3 and (array.shape[2] in (1, 3)) != (array.shape[0] in (1, 3)):
        return "hwc" if array.shape[2] in (1, 3) else "chw"
    raise FileError(path, f"its shape {list(array.shape)} does not say its layout; add one")


def _planes(path: Path, array: NDArray[np.float64], layout: str) -> Tensor:
    if array.ndim != len(layout):
        raise FileError(path, f"its shape {list(array.shape)} is not {layout}")
    if not np.isfinite(array).all():
        raise FileError(path, "it holds NaN or infinity")
    if layout == "hwc":
        array = np.moveaxis(array, -1, 0)
    while array.ndim < 4:
        array = array[None]
    return torch.from_numpy(np.ascontiguousarray(array))
