"""A module as an ONNX graph, run by ONNX Runtime."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def exported(
    module: nn.Module, inputs: tuple[Tensor, ...]
) -> Callable[[tuple[Tensor, ...]], NDArray[np.float32]]:
    """The module as an ONNX graph of any batch, height and width, run by ONNX Runtime."""
    import onnxruntime

    any_size = torch.export.Dim.DYNAMIC
    # Pictures are of any size; of a number for each image only how many there are is open.
    axes = tuple(
        {0: any_size, 2: any_size, 3: any_size} if t.ndim == 4 and t.shape[3] > 1 else {0: any_size}
        for t in inputs
    )
    program = torch.onnx.export(
        module, inputs, dynamo=True, opset_version=20, dynamic_shapes=axes, verbose=False
    )
    assert program is not None
    session = onnxruntime.InferenceSession(
        program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [node.name for node in session.get_inputs()]

    def run(tensors: tuple[Tensor, ...]) -> NDArray[np.float32]:
        feeds = {n: t.contiguous().numpy() for n, t in zip(names, tensors, strict=True)}
        return np.asarray(session.run(None, feeds)[0])

    return run
