"""The sharpness of a file: which region, which channel, and how it is told."""

from pathlib import Path

import pytest
import torch

from apps.sharpness import measure_sharpness, record, sentence, write_csv, write_plot
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.raw_tiff import write_raw_tiff
from tests.calibration.drawn_edge import drawn_edge


@pytest.fixture(scope="module")
def edge_tif(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Bayer raw of an edge of a Gaussian of 0.7 px at 6 degrees."""
    profile = SensorProfile(
        name="edge", cfa=Cfa.named("RGGB"), bit_depth=14, black_level_dn=(64.0,) * 4,
        white_level_dn=16383.0, readings=(),
    )  # fmt: skip
    dn = torch.from_numpy(64 + 12_000 * drawn_edge(160, 120, tilt_deg=6.0, sigma_px=0.7)).round()
    frame = Frame.start(
        dn.float()[None, None], Domain.RAW, profile=profile, shot=Shot.single(iso=100)
    )
    path = tmp_path_factory.mktemp("edge") / "edge.tif"
    write_raw_tiff(path, frame)
    return path


def test_the_green_photosites_of_a_mosaic_are_taken(edge_tif: Path) -> None:
    found, channel = measure_sharpness(edge_tif)
    red, _ = measure_sharpness(edge_tif, channel="R")

    assert channel == "G"
    assert abs(found.edge_angle_deg) == pytest.approx(6.0, abs=0.05)
    assert red.mtf50 == pytest.approx(found.mtf50, rel=0.01)


def test_a_region_is_columns_before_rows(edge_tif: Path) -> None:
    found, _ = measure_sharpness(edge_tif, roi="20,0,80,160")

    assert found.is_near_vertical
    with pytest.raises(UsageError, match="not inside 120 x 160"):
        measure_sharpness(edge_tif, roi="0,20,160,80")


def test_table_curve_and_words(edge_tif: Path, tmp_path: Path) -> None:
    found, _ = measure_sharpness(edge_tif)

    write_csv(found, tmp_path / "a.csv")
    write_plot(found, tmp_path / "a.svg")

    first = (tmp_path / "a.csv").read_text().splitlines()[1]
    assert first == "0,1"
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert f"MTF50 {found.mtf50:.4f} cycles/px" in sentence(found)
    assert len(record(found)["sfr"]) == 201
