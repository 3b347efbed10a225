"""A user's ONNX graph as a stage, run by ONNX Runtime on the CPU."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError, MissingError
from isp.core.stage import Stage


class OnnxStage(Stage):
    """One graph with one float32 input and one output, (b, c, h, w) as the domains have them.

    Raises MissingError without onnxruntime, FileError for a graph that cannot be loaded.
    """

    exportable = False
    whole_frame = True  # nobody knows how far the graph reaches

    def __init__(self, path: Path, domains: tuple[Domain, Domain]) -> None:
        super().__init__()
        self.domain_in, self.domain_out = domains  # type: ignore[misc]  # of the place it takes
        self.path = path
        if not path.is_file():
            raise FileError(path, "no such file")
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingError(
                "an .onnx stage needs onnxruntime; install fullwell[deploy]"
            ) from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # errors come as exceptions; warnings are not for users
        try:
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise FileError(path, f"ONNX Runtime cannot load it ({_first_line(error)})") from error
        if len(session.get_inputs()) != 1 or len(session.get_outputs()) != 1:
            raise FileError(path, "a stage's graph has one input and one output")
        self.session: Any = session

    @property
    def name(self) -> str:
        return self.path.stem

    def forward(self, data: Tensor) -> Tensor:
        given = np.ascontiguousarray(data.detach().cpu().numpy())
        try:
            (result,) = self.session.run(None, {self.session.get_inputs()[0].name: given})
        except Exception as error:
            raise FrameError(
                f"{self.path.name} cannot take {given.shape} ({_first_line(error)})"
            ) from error
        channels = self.domain_out.channels or given.shape[1]
        wanted = (given.shape[0], channels, *given.shape[2:])
        if result.shape != wanted:
            raise FrameError(f"{self.path.name} must give {wanted}, but gave {result.shape}")
        if not np.isfinite(result).all():
            raise FrameError(f"{self.path.name} gave NaN or infinite values")
        return torch.as_tensor(result, dtype=torch.float32, device=data.device)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
