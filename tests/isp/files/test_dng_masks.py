"""The masks of demosaicked light go into a DNG's private data and come out the same."""

import struct
import zlib

import numpy as np
import pytest
import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.files.dng_masks import LAYOUT, NAME, PRIVATE_DATA, is_ours, masks_of, masks_tag


def frame_of(size: tuple[int, int]) -> Frame:
    drawn = np.random.default_rng(5).random((2, 1, 3, *size)) < 0.3
    clipped, defect = torch.from_numpy(drawn)
    return Frame.start(
        torch.zeros(1, 3, *size), Domain.CAMERA, clipped=clipped, measured=~(clipped | defect)
    )


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (24, 32)])
def test_what_is_written_is_what_is_read(size: tuple[int, int]) -> None:
    frame = frame_of(size)

    ((code, kind, count, payload, _),) = masks_tag(frame)

    assert (code, kind, count) == (PRIVATE_DATA, 1, len(payload))
    found = masks_of(payload, size)
    assert np.array_equal(found["clipped"], frame.clipped[0].permute(1, 2, 0))
    assert np.array_equal(found["unmeasured"], ~frame.measured[0].permute(1, 2, 0))


def test_a_frame_without_a_loss_needs_no_tag_nor_does_a_mosaic() -> None:
    assert masks_tag(Frame.start(torch.zeros(1, 3, 2, 2), Domain.CAMERA)) == []
    lost = torch.ones(1, 1, 2, 2, dtype=torch.bool)
    assert masks_tag(Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC, clipped=lost)) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"Adobe\0MakN" + bytes(40),
        NAME,
        NAME + struct.pack(LAYOUT, 3, 4, 4) + b"no zlib",
        NAME + struct.pack(LAYOUT, 3, 4, 4) + zlib.compress(bytes(11)),  # a byte too few
        NAME + struct.pack(LAYOUT, 3, 4, 4) + zlib.compress(bytes(1 << 20)),  # far too many
        NAME + struct.pack(LAYOUT, 3, 8, 2) + zlib.compress(bytes(12)),  # of another size
        NAME + struct.pack(LAYOUT, 1, 4, 4) + zlib.compress(bytes(4)),
    ],
)
def test_data_of_another_kind_size_or_spoilt_say_nothing(payload: bytes) -> None:
    assert masks_of(payload, (4, 4)) == {}
    assert is_ours(payload) == payload.startswith(NAME)
