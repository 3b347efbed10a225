"""The masks of demosaicked light go into a DNG's private data and come out the same."""

import struct
import zlib

import numpy as np
import pytest

from isp.files.dng_masks import LAYOUT, NAME, PRIVATE_DATA, is_ours, masks_of, masks_tag


def drawn_masks(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    clipped, defect = np.random.default_rng(5).random((2, 3, *size)) < 0.3
    return clipped, clipped | defect


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (24, 32)])
def test_what_is_written_is_what_is_read(size: tuple[int, int]) -> None:
    clipped, unmeasured = drawn_masks(size)

    ((code, kind, count, payload, _),) = masks_tag(clipped, unmeasured)

    assert (code, kind, count) == (PRIVATE_DATA, 1, len(payload))
    found = masks_of(payload, size)
    assert np.array_equal(found["clipped"], clipped.transpose(1, 2, 0))
    assert np.array_equal(found["unmeasured"], unmeasured.transpose(1, 2, 0))


def test_light_without_a_loss_needs_no_tag() -> None:
    nothing = np.zeros((3, 2, 2), dtype=bool)

    assert masks_tag(nothing, nothing) == []


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


def test_a_mosaic_has_one_plane_and_may_say_that_nothing_is_lost() -> None:
    nothing = np.zeros((1, 5, 7), dtype=bool)

    ((_, _, _, payload, _),) = masks_tag(nothing, nothing, always=True)

    found = masks_of(payload, (5, 7), 1)
    assert found["clipped"].shape == (5, 7, 1)
    assert not found["unmeasured"].any()
    assert masks_of(payload, (5, 7)) == {}  # of three planes it says nothing
