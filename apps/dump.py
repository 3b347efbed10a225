"""Every frame of a run as `NN_name.npy`, JSON and a PNG to look at."""

import io
import json
from pathlib import Path

import numpy as np

from apps.preview import preview
from isp.core.errors import OutputError
from isp.core.frame import Frame
from isp.core.pipeline import Tap


class Dump:
    """Writes frames into a folder in the order they come.

    Raises OutputError when the folder cannot be made, or holds a dump already and not `force`.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(folder, f"cannot make the folder ({error.strerror})") from error
        if any(folder.glob("[0-9][0-9]_*.npy")) and not force:
            raise OutputError(folder, "it holds a dump already; pass --force to replace it")
        for old in folder.glob("[0-9][0-9]_*"):
            old.unlink()
        self.folder = folder
        self.count = 0

    def add(self, tap: Tap) -> None:
        """Write one frame: (b, c, h, w) float32, its facts, and the picture of its first image."""
        from isp.files.png_bytes import png_bytes
        from isp.files.safe_write import safe_write

        stem = f"{self.count:02d}_{tap.name}"
        buffer = io.BytesIO()
        np.save(buffer, tap.frame.data.detach().cpu().numpy())
        facts = json.dumps(describe(tap.frame) | {"seconds": tap.seconds}, indent=1)
        for suffix, content in (
            (".npy", buffer.getvalue()),
            (".json", facts.encode()),
            (".png", png_bytes(preview(tap.frame))),
        ):
            with safe_write(self.folder / f"{stem}{suffix}", force=True) as place:
                place.write_bytes(content)
        self.count += 1


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
