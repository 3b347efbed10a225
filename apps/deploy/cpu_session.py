"""A graph in memory, run by ONNX Runtime on the CPU: to prove it, measure it, time it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
QUIET = 4  # errors come as exceptions


def cpu_session(model: Any, *, optimised: bool = True, threads: int = 0) -> Any:
    """A session of an onnx.ModelProto; not optimised, it runs as written. threads: 0 for all."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    options.intra_op_num_threads = threads
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def run(
    session: Any, given: Mapping[str, Array], outputs: Sequence[str] | None = None
) -> list[Array]:
    """Outputs of a session, all without `outputs`; only what they rest on is worked out.

    Inputs that the graph has not are left out.
    """
    import onnxruntime

    wanted = {node.name for node in session.get_inputs()}
    only = onnxruntime.RunOptions()
    only.only_execute_path_to_fetches = outputs is not None
    feed = {name: value for name, value in given.items() if name in wanted}
    found: list[Array] = session.run(outputs, feed, only)
    return found
