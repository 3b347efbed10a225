"""LibRaw and OpenCV demosaic a mosaic of ours, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.dng import write_dng
from isp.files.peer_demosaics import libraw_demosaic, opencv_demosaic
from isp.stages.demosaic.bilinear import demosaic_bilinear


def mosaic(cfa: Cfa, height: int = 36, width: int = 42) -> Frame:
    codes = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(2))
    profile = SensorProfile(
        name="peer", cfa=cfa, bit_depth=16, white_level_dn=65535.0, readings=(),
        black_level_dn=(0.0,) * (cfa.period[0] * cfa.period[1]),
    )  # fmt: skip
    return Frame.start((codes * 65535).round(), Domain.RAW, profile=profile)


def test_libraw_s_linear_is_our_bilinear_within_its_rounding(tmp_path: Path) -> None:
    frame = mosaic(Cfa.RGGB)
    write_dng(tmp_path / "m.dng", frame)

    decoded = libraw_demosaic(tmp_path / "m.dng", "LINEAR", rounds=2)

    ours = demosaic_bilinear(frame.data, Cfa.RGGB)[0].permute(1, 2, 0).numpy()
    code = decoded.arrays["code"]
    assert code.dtype == np.uint16
    assert np.abs(code - ours)[2:-2, 2:-2].max() <= 1
    assert decoded.facts["seconds"] > 0


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.XTRANS], ids=lambda cfa: cfa.name)
def test_libraw_keeps_each_photosite_s_own_value_without_balance_or_matrix(
    cfa: Cfa, tmp_path: Path
) -> None:
    # LibRaw refuses an X-Trans mosaic of less than its own tile, 512 photosites.
    frame = mosaic(cfa, 516, 522)
    write_dng(tmp_path / "m.dng", frame)

    code = libraw_demosaic(tmp_path / "m.dng", "AHD").arrays["code"]

    own = np.take_along_axis(code, cfa.colour_map(516, 522).numpy()[..., None], axis=2)[..., 0]
    assert np.abs(own - frame.data[0, 0].numpy())[8:-8, 8:-8].max() <= 1


def test_opencv_s_bilinear_is_ours_within_its_rounding() -> None:
    dn = mosaic(Cfa.GRBG).data

    code = opencv_demosaic(dn[0, 0].numpy().astype(np.uint16), "GRBG", "bilinear")

    ours = demosaic_bilinear(dn, Cfa.GRBG)[0].permute(1, 2, 0).numpy()
    assert np.abs(code.astype(float) - ours)[2:-2, 2:-2].max() <= 1


def test_a_method_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LibRaw demosaics are LINEAR"):
        libraw_demosaic(tmp_path / "m.dng", "LMMSE")
    with pytest.raises(UsageError, match="OpenCV has no demosaic LMMSE of RGGB"):
        opencv_demosaic(np.zeros((8, 8), np.uint16), "RGGB", "LMMSE")
