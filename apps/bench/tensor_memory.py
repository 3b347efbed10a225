"""Peak memory of torch tensors, counted operation by operation: the same on every machine."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class TensorMemory(TorchDispatchMode):
    """Counts the bytes of all tensors that are made inside it and still live.

    peak_bytes: the most at the end of any operation. What a kernel takes for itself and gives back
        is not in it.
    """

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.peak_bytes: int = 0
        self._known = {_key(tensor) for tensor in known}
        self._live: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self._live = {key: seen for key, seen in self._live.items() if not seen[0].expired()}
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and _key(tensor) not in self._known:
                storage = tensor.untyped_storage()
                self._live.setdefault(_key(tensor), (StorageWeakRef(storage), storage.nbytes()))
        self.peak_bytes = max(self.peak_bytes, sum(size for _, size in self._live.values()))
        return result


def peak_bytes(run: Callable[[], Any], known: Iterable[Tensor] = ()) -> int:
    """The most bytes of tensors that a run held at once, without those it was given.

    >>> import torch
    >>> peak_bytes(lambda: torch.zeros(1000) + torch.ones(1000))
    12000
    """
    memory = TensorMemory(known)
    with memory:
        run()
    return memory.peak_bytes


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Bytes that tensors hold together; a storage that two share, or a value expanded, once."""
    return sum({_key(t): int(t.untyped_storage().nbytes()) for t in tensors}.values())


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
