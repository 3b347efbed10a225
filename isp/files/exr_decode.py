"""Decode an OpenEXR picture: one part, R, G, B or luminance, with our masks. Runs in the child."""

from typing import Any

import numpy as np
import OpenEXR

from isp.core.colour import PRIMARIES, rgb_to_xyz
from isp.core.errors import FileError
from isp.files.decoded import Decoded
from isp.files.exr_names import MASKS, OWN
from isp.files.limits import Limits
from isp.files.magic import look_at

# Weights of the chroma samples at distance 1, 3, 5 … for a row between two of them.
# Source: OpenEXR ImfRgbaYca, the 27-tap reconstruction filter.
CHROMA = (0.627123, -0.186077, 0.087929, -0.043159, 0.019597, -0.007540, 0.002128)


def decode_exr(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `rgb` (h, w, 3) float32, and the masks that the file holds, (h, w) bool.

    Of several parts the first with R, G and B (or Y) is read, which the facts say. A luminance
    picture comes out grey; Y, RY, BY are turned into R, G, B by OpenEXR's own formula. Alpha is
    left out (colours are premultiplied: light over black). The data window is read as it is.

    Raises FileError or LimitError.
    """
    kind = look_at(path, limits)
    if kind.family != "exr":
        raise FileError(path, f"it is {kind.name}, not an OpenEXR picture")
    headers = [dict(part.header) for part in _parts(path, header_only=True)]
    index = _choose(path, headers)
    header = headers[index]
    low, high = header["dataWindow"]
    width, height = int(high[0]) - int(low[0]) + 1, int(high[1]) - int(low[1]) + 1
    if width < 1 or height < 1:
        raise FileError(path, f"its data window is {width} x {height}")
    limits.check_pixels(path, width, height)
    parts = _parts(path, header_only=False)
    if len(parts) != len(headers):
        raise FileError(path, "its pixel data are damaged or cut short")
    channels = {name: c.pixels for name, c in parts[index].channels.items()}
    if any(not isinstance(p, np.ndarray) or p.dtype == object for p in channels.values()):
        raise FileError(path, "its pixel data are damaged")
    rgb = _rgb(channels, _primaries(header), height, width)
    if rgb.shape != (height, width, 3):
        raise FileError(path, f"its channels do not fill the {width} x {height} data window")
    masks = {m: channels[f"{m}.Y"] > 0.5 for m in MASKS if f"{m}.Y" in channels}
    facts = _facts(header, channels) | {
        "width": width,
        "height": height,
        "part": index,
        "parts": len(headers),
        "nan_values": int(np.isnan(rgb).sum()),
        "infinite_values": int(np.isinf(rgb).sum()),
    }
    return Decoded(facts=facts, arrays={"rgb": rgb} | masks if pixels else {})


def luminance_chroma_to_rgb(
    y: np.ndarray, ry: np.ndarray, by: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Turn luminance and (R - Y) / Y, (B - Y) / Y at half size into (h, w, 3).

    weights: of R, G, B in Y, for the file's primaries.

    Source: OpenEXR ImfRgbaYca (`YCAtoRGBA`; its later limit on saturation, which only hides
        ringing, is left out).
    """
    height, width = y.shape
    red_ratio, blue_ratio = (
        _double(_double(c.astype(np.float64), 0, height), 1, width) for c in (ry, by)
    )
    red = (red_ratio + 1) * y
    blue = (blue_ratio + 1) * y
    green = (y - red * weights[0] - blue * weights[2]) / weights[1]
    return np.stack([red, green, blue], axis=-1).astype(np.float32)


def _double(chroma: np.ndarray, axis: int, length: int) -> np.ndarray:
    """Interpolate the samples between even positions along an axis; borders are repeated."""
    chroma = np.moveaxis(chroma, axis, 0)
    count, reach = len(chroma), len(CHROMA)
    padded = np.concatenate([chroma[:1]] * reach + [chroma] + [chroma[-1:]] * reach)
    between = sum(
        weight
        * (padded[reach - i : reach - i + count] + padded[reach + 1 + i : reach + 1 + i + count])
        for i, weight in enumerate(CHROMA)
    )
    full = np.stack([chroma, between], axis=1).reshape(2 * count, *chroma.shape[1:])
    return np.moveaxis(full[:length], 0, axis)


def _parts(path: str, *, header_only: bool) -> list[Any]:
    """Open the file; OpenEXR returns an object with no parts for some damaged ones."""
    try:
        file = OpenEXR.File(path, separate_channels=True, header_only=header_only)
    except UnicodeDecodeError as error:
        raise FileError(path, "its header is damaged (a name in it is no text)") from error
    except (RuntimeError, ValueError, TypeError) as error:
        reason = str(error).replace(f"'{path}'", "it").replace(path, "it")
        raise FileError(path, f"OpenEXR finds its header damaged ({reason})") from error
    parts = list(file.parts)
    if not parts:
        raise FileError(path, "its pixel data are damaged or cut short (OpenEXR opens no part)")
    return parts


def _choose(path: str, headers: list[dict[str, Any]]) -> int:
    """Index of the first flat part that is a picture."""
    names = [{channel.name for channel in header["channels"]} for header in headers]
    deep = ["deep" in str(header.get("type", "")) for header in headers]
    for index, (found, is_deep) in enumerate(zip(names, deep, strict=True)):
        if not is_deep and ({"R", "G", "B"} <= found or "Y" in found):
            return index
    if any(deep):
        raise FileError(path, "it holds deep data (many samples per pixel); flatten it first")
    raise FileError(
        path,
        f"it has no R, G, B and no Y, only {', '.join(sorted(set().union(*names))) or 'nothing'}",
    )


def _primaries(header: dict[str, Any]) -> tuple[float, ...]:
    """The file's chromaticities; Rec. 709 by definition where it is silent."""
    values = header.get("chromaticities")
    return PRIMARIES["bt709"] if values is None else tuple(float(v) for v in values)


def _rgb(
    channels: dict[str, np.ndarray], primaries: tuple[float, ...], height: int, width: int
) -> np.ndarray:
    if {"R", "G", "B"} <= channels.keys():
        return np.stack([channels[c].astype(np.float32) for c in "RGB"], axis=-1)
    y = channels["Y"].astype(np.float32)
    if {"RY", "BY"} <= channels.keys() and y.shape == (height, width):
        weights = rgb_to_xyz(primaries)[1]
        return luminance_chroma_to_rgb(y, channels["RY"], channels["BY"], weights / weights.sum())
    return np.repeat(y[..., None], 3, axis=-1)


def _facts(header: dict[str, Any], channels: dict[str, np.ndarray]) -> dict[str, Any]:
    low, high = header["dataWindow"]
    display_low, display_high = header.get("displayWindow", (low, high))
    own = {
        k: v for k, v in header.items() if k.startswith(OWN) and isinstance(v, (str, int, float))
    }
    white = header.get("whiteLuminance")
    chromaticities = header.get("chromaticities")
    return {
        "container": "OpenEXR",
        "kind": "scene",
        "channels": {name: str(pixels.dtype) for name, pixels in sorted(channels.items())},
        "is_grey": not {"R", "G", "B"} <= channels.keys() and "RY" not in channels,
        "chromaticities": None if chromaticities is None else list(_primaries(header)),
        "white_luminance_cd_m2": None if white is None or not white > 0 else float(white),
        "data_window": [[int(v) for v in low], [int(v) for v in high]],
        "display_window": [[int(v) for v in display_low], [int(v) for v in display_high]],
        "pixel_aspect_ratio": float(header.get("pixelAspectRatio", 1.0)),
        "compression": str(header.get("compression", "")).removeprefix("Compression."),
        "own": own,
    }
