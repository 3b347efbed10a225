"""Memory for whole frames on the CPU, used again instead of being asked from the system anew."""

import math
import weakref

import numpy as np
import torch
from torch import Tensor

SMALLEST = 1 << 18  # bytes: below it malloc keeps what is freed
KEPT_AT_MOST = 3 << 26  # bytes that are held for later: a 12 MP frame of RGB has 144 MB

_kept: dict[int, list[np.ndarray]] = {}


def empty(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    """A CPU tensor whose values are not set, as `torch.empty`, in memory that is at hand.

    The first writes to 72 MB of fresh pages are 18 000 page faults: a third of the time of a
    12 MP capture, which two threads hardly share. So blocks that are no longer used are kept,
    and fresh ones lie in huge pages where Linux has them: numpy asks for these, torch does not.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST:
        return torch.empty(shape, dtype=dtype)
    block = _taken(size)
    # Whatever shares the tensor's memory keeps this view alive, and nothing else does.
    lent = block[:]
    weakref.finalize(lent, _give_back, block).atexit = False
    return torch.from_numpy(lent).view(dtype).reshape(shape)


def room_for(result_like: Tensor) -> Tensor | None:
    """`empty` for an `out=`; None where torch must find room: off the CPU, or with gradients."""
    if result_like.device.type != "cpu" or result_like.requires_grad:
        return None
    return empty(tuple(result_like.shape), result_like.dtype)


def kept_bytes() -> int:
    """Bytes that are held for later."""
    return sum(size * len(blocks) for size, blocks in _kept.copy().items())


def _taken(size: int) -> np.ndarray:
    # Without locks: a block is given back wherever its last user ends, even in here.
    try:
        return _kept[size].pop()
    except (KeyError, IndexError):
        return np.empty(size, np.uint8)


def _give_back(block: np.ndarray) -> None:
    if block.nbytes > KEPT_AT_MOST:
        return
    while kept_bytes() + block.nbytes > KEPT_AT_MOST and _forget_one():
        pass
    _kept.setdefault(block.nbytes, []).append(block)


def _forget_one() -> bool:
    """Free a block of the size that was first asked for; False when there is none."""
    for size in list(_kept):
        try:
            _kept[size].pop()
            return True
        except (KeyError, IndexError):
            _kept.pop(size, None)
    return False
