"""Root-polynomial colour: camera RGB to a linear space, nearer than a matrix at any exposure."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, xyz_d50_to_rgb
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.root_polynomial import degree_with, terms_of
from isp.core.same_bits import power
from isp.core.stage import Stage
from isp.stages.colour_matrix import camera_to_rgb


def apply_root_polynomial(
    camera: Float[Tensor, "b 3 h w"], to_rgb: Float[Tensor, "b 3 k"], degree: int
) -> Float[Tensor, "b 3 h w"]:
    """Sum the terms of each pixel by their coefficients; twice the light is twice the result.

    camera: white-balanced. to_rgb: coefficients of the terms of `isp.core.root_polynomial`.
    Values below 0 count as 0 under a root, and stay as they are in the linear terms.

    Source: Finlayson, Mackiewicz and Hurlbert, IEEE Transactions on Image Processing 24(5), 2015,
    section III.

    >>> nine = torch.tensor([4.0, 9.0, 1.0]).reshape(1, 3, 1, 1)
    >>> pick = torch.zeros(1, 3, 6)
    >>> pick[0, :, 3:] = torch.eye(3)
    >>> apply_root_polynomial(nine, pick, 2).flatten().tolist()
    [6.0, 3.0, 2.0]
    """
    positive = camera.clamp(min=0)
    roots = {2: positive.sqrt(), 3: power(positive, 1 / 3)}
    planes = [camera]
    for root, powers in terms_of(degree)[3:]:
        factors = [
            roots[root][:, c : c + 1] for c, power in enumerate(powers) for _ in range(power)
        ]
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        planes.append(product)
    # Term by term, not as one product of matrices, whose order of sums hangs on the tile's size.
    rows = to_rgb[..., None, None]
    total = rows[:, :, 0] * planes[0][:, :1]
    linear = [planes[0][:, c : c + 1] for c in range(1, 3)]
    for index, plane in enumerate([*linear, *planes[1:]], 1):
        total = total + rows[:, :, index] * plane
    return total


class RootPolynomial(Stage):
    """`apply_root_polynomial` in place of the colour matrix.

    A pixel is measured when all three channels are.

    coefficients: 9, 18 or 39 numbers, rows X, Y and Z under D50, each as many as there are terms:
        what `fullwell calibrate colour --json` gives for the light that the chart was in. Without
        any, the linear terms are the profile's own matrix at the white that the balance implies.
    target: linear space of the result, a name of `isp.core.colour.PRIMARIES`.
    """

    domain_in = Domain.CAMERA
    domain_out = Domain.LINEAR

    def __init__(self, coefficients: tuple[float, ...] = (), target: str = "bt2020") -> None:
        super().__init__()
        if target not in PRIMARIES:
            raise UsageError(f'no colour space "{target}"; known: {", ".join(PRIMARIES)}')
        if len(coefficients) not in (0, 9, 18, 39):
            raise UsageError(
                f"a root polynomial takes 9, 18 or 39 coefficients, not {len(coefficients)}"
            )
        self.coefficients = tuple(coefficients)
        self.target = target
        self.degree = degree_with(len(coefficients) // 3) if coefficients else 1

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        primaries, images = PRIMARIES[self.target], frame.data.shape[0]
        if self.coefficients:
            rows = np.reshape(self.coefficients, (3, -1))
            matrices = np.stack([xyz_d50_to_rgb(primaries) @ rows] * images)
        else:
            gains = frame.shot.need("white_balance").tolist()
            profile = frame.need_profile()
            matrices = np.stack([camera_to_rgb(profile, tuple(g), primaries) for g in gains])
        return frame.data, torch.as_tensor(matrices, dtype=torch.float32, device=frame.data.device)

    def forward(
        self, camera: Float[Tensor, "b 3 h w"], to_rgb: Float[Tensor, "b 3 k"]
    ) -> Float[Tensor, "b 3 h w"]:
        return apply_root_polynomial(camera, to_rgb, self.degree)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"colour": Colour(primaries=PRIMARIES[self.target])}

    def settings(self) -> dict[str, Any]:
        return {"coefficients": list(self.coefficients), "target": self.target}
