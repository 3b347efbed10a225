"""Functions of single values whose last bit does not hang on where in a tensor a value lies."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

LANES = 64  # a multiple of the values that one step of any processor's vector loop takes
GRAIN = 32768  # at::internal::GRAIN_SIZE: fewer values than that stay with one thread


def evenly(
    function: Callable[[Tensor], Tensor], values: Float[Tensor, "*any"]
) -> Float[Tensor, "*any"]:
    """`function` of each value, the same wherever it lies: what tiles need to be as the whole.

    torch's vector loop computes powers and the like by one routine, and what is left over at the
    end of a tensor, or of a thread's part of it, by another that differs in the last bit. Here
    nothing is left over: the end is filled up with ones. A graph that is exported or compiled has
    the plain function.
    """
    if torch.compiler.is_compiling() or values.device.type != "cpu" or values.numel() == 0:
        return function(values)
    flat = values.contiguous().reshape(-1)
    whole = _without_rest(flat.numel(), torch.get_num_threads())
    if whole == flat.numel():
        return function(flat).reshape(values.shape)
    rest = flat[whole:]
    end = function(F.pad(rest, (0, -rest.numel() % LANES), value=1.0))[: rest.numel()]
    done = torch.cat([function(flat[:whole]), end]) if whole else end
    return done.reshape(values.shape)


def power(
    base: Float[Tensor, "*any"], exponent: float | Float[Tensor, "b"]
) -> Float[Tensor, "*any"]:
    """Base to the power of a number, or of one for each image, by `evenly`."""
    if not isinstance(exponent, Tensor):
        return evenly(lambda values: values**exponent, base)
    if torch.compiler.is_compiling():
        return torch.pow(base, exponent.reshape(-1, *[1] * (base.ndim - 1)))
    rows = [evenly(lambda v, e=e: torch.pow(v, e), row)  # type: ignore[misc]  # bound at once
            for row, e in zip(base, exponent, strict=True)]  # fmt: skip
    return torch.stack(rows)


def _without_rest(count: int, threads: int) -> int:
    """The most of so many values that every thread's part of them fills whole steps."""
    while count > 0:
        parts = min(threads, math.ceil(count / GRAIN))
        fitting = count - count % (parts * LANES)
        if fitting == count:
            break
        count = fitting
    return count
