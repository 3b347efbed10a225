"""AVIF is read back bit for bit by other libraries, and signalled as it is."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.core.errors import MissingError
from isp.files import avif
from isp.files.display_codes import Coded, code_frame
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import read_by_oiio, said_by

pytestmark = pytest.mark.usefixtures("codecs")


@pytest.fixture
def codecs() -> None:
    pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")


def hdr_codes(depth: int, transfer: str = "pq") -> Coded:
    return code_frame("a.avif", linear_frame(), depth, transfer=transfer)


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
@pytest.mark.parametrize("depth", [10, 12])
def test_imagecodecs_reads_the_codes_bit_for_bit(transfer: str, depth: int, tmp_path: Path) -> None:
    write(tmp_path / "a.avif", linear_frame(), bit_depth=depth, hdr=transfer)

    stored = (tmp_path / "a.avif").read_bytes()

    assert np.array_equal(imagecodecs.avif_decode(stored), hdr_codes(depth, transfer).code)
    nclx = stored[stored.index(b"nclx") + 4 :][:7]
    assert nclx == bytes([0, 9, 0, {"pq": 16, "hlg": 18}[transfer], 0, 0, 0x80])


@pytest.mark.parametrize("depth", [10, 12])
def test_sdr_codes_are_read_bit_for_bit_and_said_to_be_srgb(depth: int, tmp_path: Path) -> None:
    write(tmp_path / "a.avif", sdr_frame(), bit_depth=depth)

    import pylibheif

    with pylibheif.HeifContext() as context:
        context.read_from_file(str(tmp_path / "a.avif"))
        handle = context.get_primary_image_handle()
        image = handle.decode(
            pylibheif.HeifColorspace.RGB, pylibheif.HeifChroma.InterleavedRRGGBB_LE
        )
        codes = np.array(image.get_plane(pylibheif.HeifChannel.Interleaved))
        nclx = handle.get_nclx_color_profile()
    assert np.array_equal(codes, code_frame("a.avif", sdr_frame(), depth).code)
    assert nclx.color_primaries.value == 1
    assert nclx.transfer_characteristics.value == 13


def test_the_light_level_in_the_file_is_that_of_the_codes(tmp_path: Path) -> None:
    write(tmp_path / "a.avif", linear_frame())

    stored = (tmp_path / "a.avif").read_bytes()

    box = stored[stored.index(b"clli") + 4 :][:4]
    levels = (int.from_bytes(box[:2], "big"), int.from_bytes(box[2:], "big"))
    assert levels == hdr_codes(10).light_levels()
    assert levels[0] <= 1624 + 20  # 8 times 203, and half a step of 10-bit PQ there, 1.2 %


def test_avifdec_sees_depth_and_signal_and_reads_the_codes(tmp_path: Path) -> None:
    write(tmp_path / "a.avif", linear_frame(), bit_depth=12)

    said = said_by("avifdec", "--info", tmp_path / "a.avif")

    facts = {line.split(":")[0].strip(" *"): line.split(":")[-1].strip()
             for line in said.splitlines() if ":" in line}  # fmt: skip
    assert facts["Bit Depth"] == "12"
    assert facts["Color Primaries"] == "9"
    assert facts["Transfer Char."] == "16"
    assert facts["Range"] == "Full"
    said_by("avifdec", "--depth", "16", tmp_path / "a.avif", tmp_path / "a.png")
    # avifdec widens 12 bits to 16 by a scale of 65535 / 4095.
    widened = read_by_oiio(tmp_path / "a.png", "uint16") * (4095 / 65535)
    assert np.abs(widened - hdr_codes(12).code).max() <= 0.5


def test_heif_info_sees_the_light_level(tmp_path: Path) -> None:
    write(tmp_path / "a.avif", linear_frame())

    said = said_by("heif-info", tmp_path / "a.avif")

    most, average = hdr_codes(10).light_levels()
    assert f"max content light level: {most}" in said
    assert f"max pic average light level: {average}" in said


@pytest.mark.parametrize("hdr", [None, "pq"])
def test_a_quality_makes_it_smaller_and_leaves_it_close(hdr: str | None, tmp_path: Path) -> None:
    frame = linear_frame(64, 64) if hdr else sdr_frame(64, 64)
    smooth = frame.data[..., :1, :1].expand_as(frame.data).clone()
    frame = type(frame).start(smooth, frame.domain, colour=frame.colour)
    coded = code_frame("a.avif", frame, 10, transfer=hdr)
    write(tmp_path / "a.avif", frame, quality=90, hdr=hdr)

    back = imagecodecs.avif_decode((tmp_path / "a.avif").read_bytes())

    assert np.abs(back.astype(int) - coded.code).max() <= 8  # flat light, so only its own rounding


@pytest.mark.parametrize("size", [(1, 1), (3, 2)])
def test_the_smallest_pictures_are_written_too(size: tuple[int, int], tmp_path: Path) -> None:
    write(tmp_path / "a.avif", linear_frame(*size))

    back = imagecodecs.avif_decode((tmp_path / "a.avif").read_bytes())

    assert np.array_equal(back, code_frame("a", linear_frame(*size), 10, transfer="pq").code)


def test_without_the_extra_hdr_is_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(package: str, purpose: str, extra: str) -> None:
        raise MissingError(f"{purpose} needs the package {package}")

    monkeypatch.setattr(avif, "optional", missing)

    with pytest.raises(MissingError, match="needs the package pylibheif"):
        write(tmp_path / "a.avif", linear_frame())
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "a.avif", sdr_frame())  # SDR needs no light level, so no extra
