"""Frames and files that the tests of the stages share."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.sensor import ColourMatrixEntry, SensorProfile

NIKON = "raw/alam_isp/DSC_1339_768x512_rggb.raw"
NIKON_BLACK_DN, NIKON_WHITE_DN = 600, 15520  # raw_index.json


@pytest.fixture(scope="session")
def nikon_mosaic(shared_data: Path) -> Tensor:
    """A real 14-bit RGGB mosaic, 512 x 768, black at 0 and white at 1."""
    dn = np.fromfile(shared_data / NIKON, dtype="<u2").reshape(512, 768).astype(np.float32)
    return torch.from_numpy((dn - NIKON_BLACK_DN) / (NIKON_WHITE_DN - NIKON_BLACK_DN))[None, None]


@pytest.fixture(scope="session")
def colour_chart_dng(shared_data: Path) -> Path:
    """A ColorChecker photographed with a Canon 550D."""
    return shared_data / "colorchecker" / "canon_550d_colorchart.dng"


@pytest.fixture
def profile() -> SensorProfile:
    """A 12-bit RGGB sensor with another black level at each site and two calibrated lights."""
    return SensorProfile(
        name="test-rggb",
        cfa=Cfa.RGGB,
        bit_depth=12,
        black_level_dn=(60.0, 64.0, 66.0, 70.0),
        white_level_dn=4000.0,
        readings=(),
        colour_matrices=(
            ColourMatrixEntry(
                illuminant="A",
                xyz_to_camera=(
                    (0.8924, -0.3113, -0.0212),
                    (-0.4132, 1.2244, 0.2114),
                    (-0.0467, 0.1485, 0.6362),
                ),
            ),
            ColourMatrixEntry(
                illuminant="D65",
                xyz_to_camera=(
                    (0.7171, -0.1986, -0.0648),
                    (-0.8085, 1.5555, 0.2718),
                    (-0.2170, 0.2512, 0.7457),
                ),
            ),
        ),
    )
