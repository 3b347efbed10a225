"""Pictures of stages that a file brings its numbers for: a DNG's opcodes, a look, a fit."""

import base64
import struct
import tempfile
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from apps.report.stage_figure import BASE, Crop, Variants, compared, developed, with_and_without
from calibration.colour_fit import METHODS, fit_colours
from isp.core.colour import PRIMARIES, xyz_d50_to_rgb
from isp.core.frame import Frame
from isp.core.lut import Lut
from isp.files.dng_opcodes import Opcode, opcode_bytes
from isp.files.gain_map_opcode import gain_map_opcodes
from isp.files.lut import write_lut

WARP_RECTILINEAR, WARP_VERSION = 1, (1, 3, 0, 0)
BARREL = (0.85, 0.15, 0.0, 0.0, 0.0, 0.0)  # kr0..kr3, kt0, kt1
FIT = "root-polynomial-2"
BLOCK = 9  # pixels a side that are averaged for the fit: within a patch


def gain_map(frame: Frame, crop: Crop) -> Figure:
    """A lens that loses light in the corners, and the GainMap that its DNG would carry."""
    rows, columns = np.meshgrid(np.linspace(-1, 1, 13), np.linspace(-1, 1, 17), indexing="ij")
    radius = (rows**2 + columns**2) / 2
    gains = np.stack([1 / (1 - 0.8 * radius + 0.2 * radius**2)] * 4)
    told = _base64(*gain_map_opcodes(gains, (2, 2), frame.size))
    return with_and_without("opcodes_mosaic", "white_balance", frame, crop, opcodes=told)


def warp(frame: Frame, crop: Crop) -> Figure:
    """A WarpRectilinear of OpcodeList3, on a picture that has no distortion."""
    parameters = struct.pack(">I8d", 1, *BARREL, 0.5, 0.5)
    opcode = Opcode(
        list_number=3, code=WARP_RECTILINEAR, version=WARP_VERSION, is_optional=False,
        parameters=parameters,
    )  # fmt: skip
    titles = ("as it was", "warped")
    return with_and_without(
        "opcodes_camera", "colour_matrix", frame, crop, titles=titles, opcodes=_base64(opcode)
    )


def fitted_colours(frame: Frame, truth: Frame, crop: Crop) -> Figure:
    """The profile's matrix, and a root polynomial fitted to the colours of the chart itself."""
    seen = developed(frame, BASE[: BASE.index("colour_matrix")])
    told = _blocks(seen.measured.double(), crop).min(axis=1) == 1  # nothing in the block clipped
    camera, light = (_blocks(f.data.double(), crop)[told] for f in (seen, truth))
    light = light * (camera[:, 1].mean() / light[:, 1].mean())
    xyz = light @ np.linalg.inv(xyz_d50_to_rgb(PRIMARIES["bt709"])).T
    coefficients = fit_colours(camera, xyz, METHODS[FIT])
    fitted = [b.replace("colour_matrix", "root_polynomial") for b in BASE]
    numbers = tuple(float(c) for c in coefficients.ravel())
    variants: Variants = {
        "colour_matrix": (BASE, {}),
        "root_polynomial": (fitted, {"root_polynomial": {"coefficients": numbers}}),
    }
    return compared(frame, crop, variants, 4.0)


def look(frame: Frame, crop: Crop) -> Figure:
    """A curve a channel on the display's codes: faded blacks, warm lights."""
    code = np.linspace(0, 1, 33)[:, None]
    table = 0.06 + code * np.array([0.94, 0.88, 0.76])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "look.cube")
        write_lut(path, Lut(table=table.astype(np.float32)))
        variants: Variants = {
            "without": (BASE, {}),
            "with": ((*BASE, "look"), {"look": {"file": str(path)}}),
        }
        return compared(frame, crop, variants, 4.0)


def _base64(*opcodes: Opcode) -> str:
    return base64.b64encode(opcode_bytes(opcodes)).decode()


def _blocks(data: Tensor, crop: Crop) -> np.ndarray:
    """Mean colours of the blocks of a region, (n, 3)."""
    top, end, left, right = crop
    return F.avg_pool2d(data[:, :, top:end, left:right], BLOCK)[0].flatten(1).numpy().T
