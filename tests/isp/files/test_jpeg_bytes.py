"""A JPEG in memory is the one that the writer of pictures stores."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.files.jpeg_bytes import decode_jpeg, encode_grey_jpeg, encode_jpeg
from isp.files.picture import read_picture, write_picture

CODE = np.random.default_rng(7).integers(0, 256, (24, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize("quality", [30, 95])
def test_the_codes_are_those_of_a_written_file(tmp_path: Path, quality: int) -> None:
    """Written by Pillow and read by OpenImageIO: another decoder."""
    picture = Frame.start(torch.from_numpy(CODE / 255.0).permute(2, 0, 1)[None], Domain.SDR)
    write_picture(tmp_path / "a.jpg", picture, quality=quality)

    back = decode_jpeg(encode_jpeg(CODE, quality))

    read = torch.round(255 * read_picture(tmp_path / "a.jpg").data[0]).permute(1, 2, 0)
    assert np.array_equal(back, read.numpy().astype(np.uint8))


def test_lower_quality_and_coarser_chroma_lose_more() -> None:
    def loss(quality: int, chroma: str) -> float:
        back = decode_jpeg(encode_jpeg(CODE, quality, chroma))
        return float(((back.astype(float) - CODE) ** 2).mean())

    assert loss(95, "4:4:4") < loss(60, "4:4:4") < loss(10, "4:4:4")
    assert loss(95, "4:4:4") < loss(95, "4:2:2") < loss(95, "4:2:0")


def test_what_a_jpeg_does_not_take_is_refused() -> None:
    with pytest.raises(UsageError, match="quality is 1 to 100, got 0"):
        encode_jpeg(CODE, 0)
    with pytest.raises(UsageError, match='not "4:1:1"'):
        encode_jpeg(CODE, 90, "4:1:1")
    with pytest.raises(FrameError, match="uint8"):
        encode_jpeg(CODE.astype(np.uint16), 90)
    with pytest.raises(FrameError, match=r"\(24, 40\)"):
        encode_jpeg(CODE[..., 0], 90)


def test_grey_is_stored_as_one_channel_and_comes_back_to_a_code() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)

    stored = encode_grey_jpeg(ramp, 100)

    back = decode_jpeg(stored)
    assert stored[stored.index(b"\xff\xc0") + 9] == 1  # components in the frame header
    assert np.abs(back[..., 0].astype(int) - ramp).max() <= 1


def test_a_grey_jpeg_of_other_pixels_or_quality_is_refused() -> None:
    with pytest.raises(UsageError, match="quality is 1 to 100"):
        encode_grey_jpeg(CODE[..., 0], 101)
    with pytest.raises(FrameError, match=r"uint8 \(h, w\)"):
        encode_grey_jpeg(CODE, 90)
