"""A plain ONNX graph as what is timed, by ONNX Runtime or by OpenVINO."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.bench.latency.quality import Pixels
from apps.bench.latency.results import WHOLE
from apps.bench.latency.timing import Subject
from isp.core.errors import FileError, MissingError, UsageError

ONNX, OPENVINO = "onnx", "openvino"
PROVIDERS = {
    "cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}  # fmt: skip
HINTS = {"fp32": "f32", "bf16": "bf16"}  # of OpenVINO, by our names
QUIET = 4  # ONNX Runtime: errors come as exceptions

Feeds = Mapping[str, NDArray[np.float32]]
Run = Callable[[Feeds], Sequence[NDArray[np.float32]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a graph: its name and shape; None where an axis is open."""

    name: str
    shape: tuple[int | None, ...]

    @property
    def is_picture(self) -> bool:
        """Whether it is (batch, channels, height, width)."""
        return len(self.shape) == 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A graph made ready: how it is run, by what, and what making it took."""

    run: Run
    inputs: tuple[Input, ...]
    variant: str
    provider: str
    made_ms: float


def graph_subject(
    path: Path, pictures: Sequence[Pixels], provider: str, precision: str, threads: int
) -> Subject:
    """The graph on pictures (1, 1, h, w) of a camera, repeated to the channels it takes.

    The reference is ONNX Runtime on the CPU with every optimisation off: the graph as it is
    written. Inputs that are no pictures are ones.

    Raises FileError for a graph that cannot be loaded or takes another size, MissingError for a
    runtime or provider that is not there, UsageError for a precision that it has not.
    """
    if not path.is_file():
        raise FileError(path, "no such file")
    plain = onnx_session(path, "cpu", threads, optimised=False)
    if provider == OPENVINO:
        session = openvino_session(path, precision, threads)
    elif precision != "fp32":
        raise UsageError(f"--precision {precision} is OpenVINO's; ONNX Runtime takes the graph's")
    else:
        session = onnx_session(path, provider, threads)
    height, width = pictures[0].shape[-2:]
    feeds = [_feeds(path, plain.inputs, picture) for picture in pictures]

    def picture(outputs: Any) -> Pixels:
        first: Pixels = np.asarray(outputs[0], dtype=np.float32)
        return first

    @cache
    def reference(number: int) -> Pixels:
        return picture(plain.run(feeds[number % len(feeds)]))

    moved = sum(value.nbytes for value in feeds[0].values()) + reference(0).nbytes
    return Subject(
        stage=WHOLE, variant=session.variant, provider=session.provider, precision=precision,
        size=(height, width), threads=threads,
        work=lambda number: session.run(feeds[number % len(feeds)]), picture=picture, domain=None,
        reference=reference, bytes_moved=moved + path.stat().st_size, session_ms=session.made_ms,
        model_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


def need_provider(provider: str) -> None:
    """Refuse a provider that is not there, before anything is simulated for it.

    Raises MissingError naming what is not there.
    """
    if provider == OPENVINO:
        _openvino()
        return
    name, available = PROVIDERS[provider], _onnxruntime().get_available_providers()
    if name not in available:
        raise MissingError(
            f"--provider {provider}: this onnxruntime has no {name} (it has "
            f"{', '.join(available)}); install fullwell[gpu] on a machine with an NVIDIA card"
        )


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingError("a graph needs onnxruntime; install fullwell[deploy]") from error
    return onnxruntime


def _openvino() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise MissingError(
            "--provider openvino needs the library openvino; install fullwell[openvino]"
        ) from error
    return openvino


def onnx_session(path: Path, provider: str, threads: int, *, optimised: bool = True) -> Session:
    """A session of ONNX Runtime by one provider, without any fallback to the CPU.

    Raises MissingError naming what is not there, FileError for a graph that it cannot load.
    """
    onnxruntime, name = _onnxruntime(), PROVIDERS[provider]
    need_provider(provider)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if provider != "cpu":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    start = time.perf_counter()
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[name])
    except Exception as error:
        raise FileError(path, f"ONNX Runtime cannot load it ({_line(error)})") from error
    made_ms = (time.perf_counter() - start) * 1e3
    if name not in session.get_providers():
        raise MissingError(f"--provider {provider}: {name} could not start on this machine")
    inputs = tuple(
        Input(name=node.name, shape=tuple(n if isinstance(n, int) else None for n in node.shape))
        for node in session.get_inputs()
    )
    return Session(
        run=lambda feeds: session.run(None, feeds), inputs=inputs, variant=ONNX, provider=name,
        made_ms=made_ms,
    )  # fmt: skip


def openvino_session(path: Path, precision: str, threads: int) -> Session:
    """OpenVINO on the CPU reading the same graph, at a precision it is asked for.

    Raises MissingError without the library, UsageError for another precision than fp32 or bf16,
    FileError for a graph that it cannot load.
    """
    graph = openvino_graph(path, precision, threads)
    return Session(
        run=lambda feeds: list(graph.run(feeds, graph.outputs).values()), inputs=(),
        variant=OPENVINO, provider="OpenVINO CPU", made_ms=graph.made_ms,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVinoGraph:
    """A graph that OpenVINO has made ready: `run` takes arrays by name and the outputs wanted."""

    run: Callable[[Feeds, Sequence[str]], dict[str, NDArray[np.float32]]]
    outputs: tuple[str, ...]
    made_ms: float


def openvino_graph(path: Path, precision: str, threads: int) -> OpenVinoGraph:
    """Read a graph; for each choice of outputs a program that works out no others.

    Raises as `openvino_session`.
    """
    if precision not in HINTS:
        raise UsageError(f"--precision is {' or '.join(HINTS)} with OpenVINO, not {precision}")
    openvino = _openvino()
    settings = {
        "INFERENCE_PRECISION_HINT": HINTS[precision], "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }  # fmt: skip
    start = time.perf_counter()
    core = openvino.Core()
    try:
        model = core.read_model(str(path))
    except Exception as error:
        raise FileError(path, f"OpenVINO cannot load it ({_line(error)})") from error
    outputs = tuple(output.any_name for output in model.outputs)

    @cache
    def program(wanted: tuple[str, ...]) -> tuple[Any, frozenset[str]]:
        own = core.read_model(str(path))
        for output in [o for o in own.outputs if o.any_name not in wanted]:
            own.remove_result(output.get_node())
        made = core.compile_model(own, "CPU", settings)
        needed = frozenset(node.any_name for node in made.inputs)
        return made.create_infer_request(), needed

    def run(feeds: Feeds, wanted: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        request, needed = program(tuple(wanted))
        request.infer({name: value for name, value in feeds.items() if name in needed})
        return {name: np.array(request.get_tensor(name).data) for name in wanted}

    try:
        program(outputs[:1])
    except Exception as error:
        raise FileError(path, f"OpenVINO cannot load it ({_line(error)})") from error
    made_ms = (time.perf_counter() - start) * 1e3
    return OpenVinoGraph(run=run, outputs=outputs, made_ms=made_ms)


def _feeds(path: Path, inputs: Sequence[Input], picture: Pixels) -> dict[str, Pixels]:
    feeds = {}
    for node in inputs:
        if not node.is_picture:
            feeds[node.name] = np.ones([1 if n is None else n for n in node.shape], np.float32)
            continue
        height, width = picture.shape[-2:]
        wanted = (node.shape[2] or height, node.shape[3] or width)
        if wanted != (height, width):
            raise FileError(
                path,
                f'its input "{node.name}" is {wanted[0]}x{wanted[1]}, not {height}x{width}; pass '
                f"--size {wanted[0]}x{wanted[1]}",
            )
        feeds[node.name] = np.repeat(picture, node.shape[1] or 1, axis=1)
    return feeds


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
