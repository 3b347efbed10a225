"""Read scenes from Radiance .hdr pictures."""

from pathlib import Path

from isp.core.frame import Frame
from isp.files.exr import scene_frame
from isp.files.guarded import decode
from isp.files.limits import Limits


def read_hdr(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return a Radiance picture as a SCENE frame, BT.709 unless a PRIMARIES line says otherwise.

    Raises FileError naming file and reason, LimitError.
    """
    path = Path(path)
    return scene_frame(
        path, decode("isp.files.radiance_decode:decode_radiance", path, limits or Limits())
    )
