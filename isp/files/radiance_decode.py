"""Decode a Radiance .hdr picture by OpenImageIO. Runs in the child."""

from typing import Any

import numpy as np
import OpenImageIO

from isp.core.errors import FileError
from isp.files.decoded import Decoded
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.orientation import upright


def decode_radiance(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `rgb` (h, w, 3) float32, upright.

    Numbers are the file's own: EXPOSURE lines are reported, not divided out, because what 1.0
    means is the reader's business. A PRIMARIES line becomes `chromaticities`.

    Raises FileError or LimitError.
    """
    kind = look_at(path, limits)
    if kind.family != "hdr":
        raise FileError(path, f"it is {_what(path, kind.name)}, not a Radiance picture")
    header = _header(path)
    if header.get("FORMAT", "32-bit_rle_rgbe") != "32-bit_rle_rgbe":
        raise FileError(path, f"its format is {header['FORMAT']}; only 32-bit_rle_rgbe is read")
    source = OpenImageIO.ImageInput.open(path)
    if source is None:
        raise FileError(path, f"its header is damaged ({OpenImageIO.geterror().strip()})")
    try:
        spec = source.spec()
        limits.check_pixels(path, spec.width, spec.height)
        rgb = source.read_image(0, 3, OpenImageIO.FLOAT)
        trouble = source.geterror().strip()
    finally:
        source.close()
    if rgb is None or trouble:
        raise FileError(path, f"it is cut short or damaged ({trouble.replace(path, 'it')})")
    rgb = upright(np.asarray(rgb, dtype=np.float32), spec.getattribute("Orientation") or 1)
    facts = {
        "container": "Radiance",
        "kind": "scene",
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "chromaticities": _primaries(path, header),
        "exposure": header.get("EXPOSURE"),
        "nan_values": int(np.isnan(rgb).sum()),
        "infinite_values": int(np.isinf(rgb).sum()),
    }
    return Decoded(facts=facts, arrays={"rgb": rgb} if pixels else {})


def _what(path: str, name: str) -> str:
    with open(path, "rb") as stream:  # noqa: PTH123  a plain string came from the parent
        head = stream.read(2)
    return "a file with a damaged Radiance signature" if head == b"#?" else name


def _header(path: str) -> dict[str, Any]:
    """KEY=value lines up to the empty line; EXPOSURE lines multiply."""
    known: dict[str, Any] = {}
    with open(path, "rb") as stream:  # noqa: PTH123
        for line in stream.read(1 << 16).split(b"\n\n", 1)[0].splitlines():
            key, _, value = line.decode("latin-1").partition("=")
            if key == "EXPOSURE":
                known[key] = known.get(key, 1.0) * _number(path, value)
            elif value:
                known[key] = value.strip()
    return known


def _number(path: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise FileError(path, f'its header says "{text}" where a number belongs') from error


def _primaries(path: str, header: dict[str, Any]) -> list[float] | None:
    if "PRIMARIES" not in header:
        return None
    values = [_number(path, word) for word in header["PRIMARIES"].split()]
    if len(values) != 8:
        raise FileError(path, f"its PRIMARIES line has {len(values)} numbers, not 8")
    return values
