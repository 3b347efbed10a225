"""A frame of a dump folder, read back as it was: data, masks, camera, shot, colour, history."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps.dump import DUMP_FORMAT, DUMP_VERSION, MASKS
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.limits import Limits
from isp.files.npy import read_npy
from isp.files.profile import profile_from

FIRST = "read"  # the name of a dump's first frame: as the file gave it, before any stage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dumped:
    """A frame and the name, in its pipeline, of the stage that gave it."""

    name: str
    frame: Frame


def read_dumped(path: str | Path, limits: Limits | None = None) -> Dumped:
    """Return the frame of `NN_name.npy`, with all that `NN_name.json` beside it knows.

    The frame is the one that was dumped, bit for bit, so a development goes on from it.

    Raises FileError naming file and reason, ProfileError for a camera that is not sound.
    """
    path, limits = Path(path), limits or Limits()
    if path.suffix != ".npy" or path.name.endswith(".masks.npy"):
        raise FileError(path, "a frame of a dump is called NN_name.npy")
    facts = facts_of(path)
    sidecar = path.with_suffix(".json")
    profile = None if facts["profile"] is None else profile_from(facts["profile"], sidecar)
    data = read_npy(path, limits)
    if data.dtype != np.float32 or list(data.shape) != facts["shape"]:
        raise FileError(
            path, f"it holds {data.dtype} {list(data.shape)}, but {sidecar.name} says otherwise"
        )
    masks = _masks(path.with_suffix(".masks.npy"), limits) if facts["masks"] else {}
    try:
        frame = Frame.start(
            torch.from_numpy(data),
            Domain[facts["domain"]],
            shot=Shot.from_record(facts["shot"]),
            profile=profile,
            colour=_colour(facts["colour"]),
            balanced=bool(facts["balanced"]),
            history=tuple((str(name), dict(said)) for name, said in facts["history"]),
            **masks,
        )
        return Dumped(name=str(facts["name"]), frame=frame)
    except (KeyError, TypeError, ValueError, RuntimeError, FrameError) as error:
        raise FileError(sidecar, f"its facts are damaged ({error})") from error


def facts_of(path: Path) -> dict[str, Any]:
    """Return the facts beside a dumped frame.

    Raises FileError where there are none of ours.
    """
    sidecar = path.with_suffix(".json")
    try:
        facts = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(
            sidecar, f"the facts of {path.name} are not readable there ({_reason(error)})"
        ) from error
    if not isinstance(facts, dict) or facts.get("format") != DUMP_FORMAT:
        raise FileError(sidecar, f"it holds no facts of a dump by fullwell about {path.name}")
    if facts.get("format_version") != DUMP_VERSION:
        raise FileError(
            sidecar, f"its format {facts.get('format_version')!r} is not {DUMP_VERSION}"
        )
    needed = (
        "name", "domain", "shape", "shot", "profile", "colour", "balanced", "history", "masks",
    )  # fmt: skip
    missing = [key for key in needed if key not in facts]
    if missing:
        raise FileError(sidecar, f"it lacks {', '.join(missing)}")
    return facts


def _reason(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) else error)


def _masks(path: Path, limits: Limits) -> dict[str, Tensor]:
    bits = read_npy(path, limits)
    if bits.dtype != np.uint8 or bits.ndim != 4:
        raise FileError(path, f"masks are bits (b, m, h, w), but it holds {bits.dtype}")
    return {name: torch.from_numpy((bits & 2**bit) != 0) for bit, name in enumerate(MASKS)}


def _colour(values: dict[str, Any] | None) -> Colour | None:
    if values is None:
        return None
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Colour(**lists)
