"""Memory for frames is used again, and never while anyone still reads it."""

import gc
import threading

import numpy as np
import pytest
import torch

from isp.core import large_arrays
from isp.core.large_arrays import KEPT_AT_MOST, empty, kept_bytes, room_for

LARGE = (1, 1, 700, 900)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_arrays, "_kept", {})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.uint8, torch.int64])
@pytest.mark.parametrize("shape", [LARGE, (3, 2), (0, 4), ()])
def test_a_tensor_has_the_shape_and_type_asked_for(
    shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    tensor = empty(shape, dtype)

    assert tensor.shape == shape
    assert tensor.dtype is dtype
    assert tensor.is_contiguous()


def test_freed_memory_is_used_again() -> None:
    first = empty(LARGE)
    place = first.data_ptr()
    del first

    assert empty(LARGE).data_ptr() == place
    assert empty((1, 1, 900, 700)).data_ptr() == place


@pytest.mark.parametrize(
    "share",
    [
        lambda tensor: tensor[..., 5:],
        lambda tensor: tensor.numpy(),
        lambda tensor: np.from_dlpack(tensor),
        lambda tensor: memoryview(tensor.numpy()),
        lambda tensor: tensor.detach(),
    ],
    ids=["slice", "numpy", "dlpack", "memoryview", "detached"],
)
def test_memory_that_is_still_read_is_not_given_away(share) -> None:
    tensor = empty(LARGE).fill_(7)
    shared = share(tensor)
    place = tensor.data_ptr()
    del tensor
    gc.collect()

    other = empty(LARGE).fill_(1)

    assert other.data_ptr() != place
    assert np.asarray(shared).ravel()[-1] == 7


def test_two_tensors_never_share() -> None:
    tensors = [empty(LARGE).fill_(i) for i in range(5)]

    assert [float(t.mean()) for t in tensors] == [0, 1, 2, 3, 4]


def test_threads_never_share() -> None:
    wrong = []

    def use(number: int) -> None:
        for _ in range(50):
            tensor = empty(LARGE).fill_(number)
            if not bool((tensor == number).all()):
                wrong.append(number)

    workers = [threading.Thread(target=use, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert wrong == []


def test_no_more_is_kept_than_the_limit_says() -> None:
    tensors = [empty((n, 1 << 20)) for n in range(1, 12)]  # 264 MiB of float32
    assert kept_bytes() == 0

    del tensors

    assert 0 < kept_bytes() <= KEPT_AT_MOST


def test_a_block_beyond_the_limit_goes_back_to_the_system() -> None:
    del_me = empty((KEPT_AT_MOST + 1,), torch.uint8)
    del del_me

    assert kept_bytes() == 0


def test_new_sizes_push_out_old_ones() -> None:
    old = [empty((1 << 20,)) for _ in range(KEPT_AT_MOST >> 22)]
    del old
    assert kept_bytes() == KEPT_AT_MOST

    new = empty((2 << 20,))
    place = new.data_ptr()
    del new

    assert empty((2 << 20,)).data_ptr() == place


def test_there_is_no_room_where_gradients_are_recorded() -> None:
    assert room_for(torch.zeros(2, 3, requires_grad=True)) is None
    assert room_for(torch.zeros(2, 3, device="meta")) is None
    room = room_for(torch.zeros(2, 3))
    assert room is not None
    assert room.shape == (2, 3)
