"""Scenes, raw files and settings that the tests of the applications share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from apps.simulating import SimulationRequest, photograph
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.shot import Shot

GREY = 0.18
SIZE = (24, 32)  # LibRaw takes no DNG under 22 x 22 for a raw
BLACK_DN, WHITE_DN = 400, 15520  # NikonD850, from its profile
D850_ISO400_DN_PER_E = 1.6601573  # NikonD850, reading at ISO 400

# ISO 12232: H = 0.65 L t / N^2; 10880.15 photons per um^2 and lux second within 400-700 nm (D65,
# CONVENTIONS 5.1); the D850's 4.35 um and its assumed quantum efficiency of 0.2.
ELECTRONS_PER_UNIT = 0.65 * 100 / 25 / 2.8**2 * 10880.15 * 4.35**2 * 0.2

SHOT = ("--camera", "NikonD850", "--iso", "400", "--exposure-time", "1/25", "--f-number", "2.8")


class Answer(NamedTuple):
    """What a run of the command gave."""

    code: int
    out: str
    err: str


def grey(value: float = GREY, size: tuple[int, int] = SIZE) -> NDArray[np.float32]:
    """A neutral scene, (h, w, 3)."""
    return np.full((*size, 3), value, dtype=np.float32)


def steps(size: tuple[int, int] = (32, 64)) -> NDArray[np.float32]:
    """Neutral light rising from the left, 2^-6, to the right, where it clips."""
    light = np.exp2(np.linspace(-6, 4, size[1], dtype=np.float32))
    return np.repeat(np.repeat(light[None, :, None], size[0], axis=0), 3, axis=2)


def write_exr(path: Path, light: NDArray[np.float32], **header: Any) -> Path:
    """Write (h, w, 3) light as a float OpenEXR picture."""
    import OpenEXR

    channels = {name: np.ascontiguousarray(light[..., i]) for i, name in enumerate("RGB")}
    storage = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(storage | header, channels) as file:
        file.write(str(path))
    return path


def write_hdr(path: Path, light: NDArray[np.float32]) -> Path:
    """Write (h, w, 3) light as a Radiance picture."""
    import OpenImageIO

    output = OpenImageIO.ImageOutput.create(str(path))
    spec = OpenImageIO.ImageSpec(light.shape[1], light.shape[0], 3, OpenImageIO.FLOAT)
    assert output.open(str(path), spec)
    assert output.write_image(np.ascontiguousarray(light))
    assert output.close()
    return path


def read_codes(path: Path) -> NDArray[Any]:
    """The codes of a PNG, TIFF or JPEG as they are stored, by OpenImageIO."""
    import OpenImageIO

    source = OpenImageIO.ImageInput.open(str(path))
    assert source is not None, OpenImageIO.geterror()
    codes = source.read_image(0, source.spec().nchannels, source.spec().format)
    source.close()
    return np.asarray(codes)


def read_exr(path: Path) -> dict[str, NDArray[Any]]:
    """The channels of an OpenEXR picture, by OpenEXR."""
    import OpenEXR

    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: np.array(c.pixels) for name, c in file.parts[0].channels.items()}


def dn_of(path: Path) -> NDArray[np.uint16]:
    """The DN of a DNG, by tifffile: not by the reader under test."""
    import tifffile

    return np.asarray(tifffile.imread(path))


def shoot(scene: Path | str, output: Path, **changes: Any) -> Path:
    """Photograph a scene as SHOT does; `changes` are fields of the request."""
    asked: dict[str, Any] = {
        "scene": str(scene),
        "camera": "NikonD850",
        "iso": 400.0,
        "exposure_time_s": 1 / 25,
        "f_number": 2.8,
    }
    photograph(SimulationRequest(**asked | changes), output)
    return output


def refused(answer: Answer, code: int, *words: str) -> None:
    """Check that the command refused: its code, one sentence with these words, no traceback."""
    lines = answer.err.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert (answer.code, len(errors)) == (code, 1), answer
    assert all(line.startswith(("error: ", "try: fullwell")) for line in lines), answer.err
    assert lines[-1].startswith("try: fullwell") is (code == 2), answer.err
    for word in words:
        assert word in errors[0], (word, errors[0])


def left_in(folder: Path) -> Sequence[str]:
    """Names of everything in a folder, hidden files too."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*"))


def codes_of(light: torch.Tensor, ev: float, response: Response) -> Frame:
    """A picture of light at stops above 0 EV, by a response."""
    exposed = light * 2.0**ev
    return Frame.start(response.encode(exposed.clamp(0, 1)), Domain.SDR, shot=Shot())
