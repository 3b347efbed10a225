"""The raw denoiser on a CPU by every engine at hand, in turns, one thread, the same graph."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch

from apps.deploy.example_frames import led_in
from apps.deploy.export_request import ExportRequest, frames_of, pipeline_of
from apps.deploy.exporting import EXPORT_SIZE
from apps.deploy.onnx_graph import onnx_graph
from apps.deploy.parity import Array, feeds
from apps.deploy.stage_graph import PlannedGraph, stage_graph
from isp.core.domain import Domain
from isp.core.errors import CheckError, MissingError
from isp.core.stage import Stage

CAMERA, ISO = "SonyA7S2", 1600.0
MODELS = ("fw-5k", "fw-100k", "fw-1m")
SIDE, ROUNDS = 1024, 7
LEAST_DB = {"float32": 100.0, "bfloat16": 40.0}  # against torch eager, or there is no time
Engine = Callable[[], Array]


def engine_times(model: str) -> dict[str, dict[str, float]]:
    """By engine: CPU seconds a megapixel, median of rounds in turns, and PSNR against eager.

    Raises MissingError without OpenVINO, CheckError for an engine that gives another picture.
    """
    request = ExportRequest(
        what=("exposure_diffusion",), camera=CAMERA, iso=ISO,
        settings=[("exposure_diffusion", "model", model)],
    )  # fmt: skip
    frames = frames_of(request)
    example = led_in(frames(*EXPORT_SIZE, 0), Domain.MOSAIC)
    plan = stage_graph(list(pipeline_of(request, example).stages), example)
    frame = led_in(frames(SIDE, SIDE, 3), Domain.MOSAIC)
    engines = _engines(plan, feeds(plan, frame), plan.module.stages[0].inputs(frame))  # type: ignore[operator]  # a stage's
    wanted = engines["torch eager"]()
    found: dict[str, dict[str, float]] = {}
    for name, engine in engines.items():
        error = float(np.square(engine().astype(np.float64) - wanted).mean())
        psnr = 200.0 if error == 0 else -10 * float(np.log10(error))
        least = LEAST_DB["bfloat16" if "bf16" in name else "float32"]
        if psnr < least:
            raise CheckError(f"{name} is {psnr:.0f} dB from torch eager, below {least:g}")
        found[name] = {"psnr_db": psnr}
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            start = time.process_time()
            engine()
            seconds[name].append(time.process_time() - start)
    for name, taken in seconds.items():
        found[name]["cpu_s_per_mp"] = median(taken) / (SIDE * SIDE / 1e6)
    return found


def _engines(
    plan: PlannedGraph, given: dict[str, Array], inputs: tuple[torch.Tensor, ...]
) -> dict[str, Engine]:
    stage = plan.module.stages[0]
    assert isinstance(stage, Stage)
    compiled: Any = torch.compile(stage)

    def eager(run: Any, half: bool) -> Engine:
        def call() -> Array:
            kind = torch.bfloat16
            with torch.inference_mode(), torch.autocast("cpu", kind, enabled=half):
                picture: Array = run(*inputs).float().numpy()
                return picture

        return call

    content = onnx_graph(plan, static=False, metadata={}).SerializeToString()
    return {
        "torch eager": eager(stage, half=False),
        "torch.compile": eager(compiled, half=False),
        "torch eager, bf16": eager(stage, half=True),
        "ONNX Runtime": _onnxruntime(content, given),
        "OpenVINO": _openvino(content, given, "f32"),
        "OpenVINO, bf16": _openvino(content, given, "bf16"),
    }


def _onnxruntime(content: bytes, given: dict[str, Array]) -> Engine:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    taken = {node.name for node in session.get_inputs()}
    feed = {name: value for name, value in given.items() if name in taken}
    only = onnxruntime.RunOptions()
    only.only_execute_path_to_fetches = True
    return lambda: np.asarray(session.run(["picture"], feed, only)[0])


def _openvino(content: bytes, given: dict[str, Array], precision: str) -> Engine:
    try:
        import openvino
    except ImportError as error:
        raise MissingError("the table needs OpenVINO; install fullwell[openvino]") from error
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(content), "CPU",
        {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1},
    )  # fmt: skip
    request = compiled.create_infer_request()
    feed = {i.get_any_name(): given[i.get_any_name()] for i in compiled.inputs}

    def call() -> Array:
        request.infer(feed)
        return np.array(request.get_tensor("picture").data)

    return call
