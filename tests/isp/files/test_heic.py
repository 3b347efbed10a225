"""HEIC is read back bit for bit by another library, and signalled as it is."""

import sys
from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import MissingError
from isp.files.display_codes import code_frame
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import said_by


@pytest.fixture
def codecs() -> None:
    for package in ("pillow_heif", "pylibheif"):
        pytest.importorskip(package, reason="the extra `codecs` is not installed")


@pytest.mark.usefixtures("codecs")
@pytest.mark.parametrize(
    ("hdr", "depth", "signal"),
    [("pq", 10, (9, 16)), ("pq", 12, (9, 16)), ("hlg", 10, (9, 18)), (None, 12, (1, 13))],
)
def test_pylibheif_reads_the_codes_bit_for_bit(
    hdr: str | None, depth: int, signal: tuple[int, int], tmp_path: Path
) -> None:
    import pylibheif

    frame = linear_frame() if hdr else sdr_frame()
    write(tmp_path / "a.heic", frame, bit_depth=depth, hdr=hdr)

    with pylibheif.HeifContext() as context:
        context.read_from_file(str(tmp_path / "a.heic"))
        handle = context.get_primary_image_handle()
        layout = pylibheif.HeifChroma.InterleavedRRGGBB_LE
        image = handle.decode(pylibheif.HeifColorspace.RGB, layout)
        codes = np.array(image.get_plane(pylibheif.HeifChannel.Interleaved))
        nclx, bits = handle.get_nclx_color_profile(), handle.luma_bits_per_pixel
    assert np.array_equal(codes, code_frame("a", frame, depth, transfer=hdr).code)
    assert bits == depth
    assert (nclx.color_primaries.value, nclx.transfer_characteristics.value) == signal
    assert nclx.full_range_flag


@pytest.mark.usefixtures("codecs")
def test_exiftool_sees_depth_and_signal(tmp_path: Path) -> None:
    write(tmp_path / "a.heic", linear_frame())

    said = said_by("exiftool", "-n", "-s3", "-TransferCharacteristics", "-ColorPrimaries",
                   "-BitDepthLuma", tmp_path / "a.heic")  # fmt: skip

    assert said.split() == ["16", "9", "10"]


@pytest.mark.usefixtures("codecs")
def test_a_quality_makes_it_smaller(tmp_path: Path) -> None:
    write(tmp_path / "a.heic", linear_frame(64, 64))
    write(tmp_path / "b.heic", linear_frame(64, 64), quality=60)

    assert (tmp_path / "b.heic").stat().st_size < (tmp_path / "a.heic").stat().st_size / 2


def test_without_the_extra_it_is_refused_and_no_other_codec_steps_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)

    with pytest.raises(MissingError, match="a HEIC needs the package pillow_heif"):
        write(tmp_path / "a.heic", linear_frame())

    assert list(tmp_path.iterdir()) == []
