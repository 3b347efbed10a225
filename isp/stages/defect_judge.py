"""A judge of photosites: how much likelier one is defective than part of the picture."""

import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isp.core.errors import FileError

NUMBERS = 114  # that describe a photosite: isp.stages.defect_surroundings.described
LIMITS = ("even", "even_sigmas", "certain")
WEIGHTS = "defect_judge.json"


class DefectJudge(nn.Module):
    """Three linear layers with rectifiers between: description in, log odds out.

    weights: `layers`, each a matrix (outputs, inputs) and a bias; and what needs no
        judge: `even`, texture below which only noise surrounds a photosite, so that what departs
        by `even_sigmas` of it is a defect; `certain`, units of its surroundings beyond which
        anything is.
    Log odds of 0 is the least at which no kind of picture that the limits were chosen on has more
    than 1e-5 false.

    Trained by `python -m apps.defect_training`, which says on what.
    """

    def __init__(self, weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.bias_0: Tensor
        self.count = len(weights["layers"])
        self.even, self.even_sigmas, self.certain = (float(weights[name]) for name in LIMITS)
        for number, layer in enumerate(weights["layers"]):
            self.register_buffer(f"matrix_{number}", torch.tensor(layer["matrix"]))
            self.register_buffer(f"bias_{number}", torch.tensor(layer["bias"]))

    def forward(self, described: Float[Tensor, "n f"]) -> Float[Tensor, "n"]:
        values = described.to(self.bias_0.dtype)
        for number in range(self.count):
            if number:
                values = torch.relu(values)
            matrix, bias = getattr(self, f"matrix_{number}"), getattr(self, f"bias_{number}")
            values = values @ matrix.T + bias
        return values[:, 0]


@functools.cache
def shipped_weights() -> Mapping[str, Any]:
    """The weights that come with the program.

    Raises FileError when their file is damaged.
    """
    source = resources.files("isp.stages") / WEIGHTS
    try:
        weights: Mapping[str, Any] = json.loads(source.read_text(encoding="utf-8"))
        widths = [len(layer["matrix"][0]) for layer in weights["layers"]]
        if not all(isinstance(weights[name], float | int) for name in LIMITS):
            raise TypeError(f"{', '.join(LIMITS)} are not numbers")
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise FileError(WEIGHTS, f"it is no judge of defects ({error})") from error
    if not widths or widths[0] != NUMBERS:
        raise FileError(WEIGHTS, f"its first layer takes {widths[:1]} numbers, not {NUMBERS}")
    return weights


def weights_of(layers: Sequence[nn.Linear], mean: Tensor, spread: Tensor) -> dict[str, Any]:
    """Layers that take (described - mean) / spread, as weights that take the description itself."""
    first = layers[0].weight / spread
    bias = layers[0].bias - first @ mean
    pairs = [(first, bias), *((layer.weight, layer.bias) for layer in layers[1:])]

    def rounded(tensor: Tensor) -> Any:
        values = tensor.detach().double().tolist()
        if tensor.ndim == 1:
            return [float(f"{value:.5g}") for value in values]
        return [[float(f"{value:.5g}") for value in row] for row in values]

    return {"layers": [{"matrix": rounded(m), "bias": rounded(b)} for m, b in pairs]}
