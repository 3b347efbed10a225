"""Decode the DoRF database of response curves from its MATLAB file. Runs in the child."""

from pathlib import Path

import numpy as np

from isp.core.errors import FileError
from isp.files.decoded import Decoded
from isp.files.limits import Limits


def decode_dorf(path: str, limits: Limits) -> Decoded:
    """Load `I` and `B` (201, 1024) of a MATLAB file.

    Raises FileError or LimitError.
    """
    from scipy.io import loadmat

    limits.check_bytes(path, Path(path).stat().st_size)
    found = loadmat(path, variable_names=["I", "B"])
    missing = [name for name in ("I", "B") if name not in found]
    if missing:
        raise FileError(path, f"a DoRF file has I and B, but it lacks {' and '.join(missing)}")
    irradiance, brightness = np.asarray(found["I"]), np.asarray(found["B"])
    numeric = irradiance.dtype.kind in "fiu" and brightness.dtype.kind in "fiu"
    if not numeric or irradiance.ndim != 2 or irradiance.shape != brightness.shape:
        raise FileError(
            path,
            f"I and B are tables of numbers of one shape, but I is {irradiance.dtype} "
            f"{irradiance.shape} and B {brightness.dtype} {brightness.shape}",
        )
    return Decoded(arrays={"I": irradiance, "B": brightness})
