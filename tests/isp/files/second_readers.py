"""Other programs and libraries that read what we wrote."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def program(name: str) -> str:
    """The program's path; the test is skipped, saying so, where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so it cannot read this back")
    return found


def said_by(name: str, *arguments: str | Path) -> str:
    """What a program prints, on either stream; it must succeed."""
    done = subprocess.run(
        [program(name), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def read_by_oiio(path: Path, kind: str) -> NDArray[np.generic]:
    """Pixels (h, w, 3) as OpenImageIO reads them; kind: uint8, uint16 or float."""
    import OpenImageIO as oiio

    source = oiio.ImageInput.open(str(path))
    assert source is not None, oiio.geterror()
    try:
        return np.asarray(source.read_image(0, 3, getattr(oiio, kind.upper())))
    finally:
        source.close()
