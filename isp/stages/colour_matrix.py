"""Colour matrix: camera RGB to a linear scene-referred space."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.camera_matrices import balanced_camera_to_xyz_d50
from isp.core.colour import PRIMARIES, Colour, Matrix, xyz_d50_to_rgb
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.stage import Stage


def apply_matrix(
    camera: Float[Tensor, "b 3 h w"], camera_to_rgb: Float[Tensor, "b 3 3"]
) -> Float[Tensor, "b 3 h w"]:
    """Multiply each pixel by a matrix; negative results are colours outside the space, and stay.

    >>> grey = torch.full((1, 3, 1, 1), 0.5)
    >>> apply_matrix(grey, torch.eye(3)[None] * 2).flatten().tolist()
    [1.0, 1.0, 1.0]
    """
    return torch.einsum("bij,bjhw->bihw", camera_to_rgb, camera)


def camera_to_rgb(
    profile: SensorProfile, gains: tuple[float, ...], primaries: tuple[float, ...]
) -> Matrix:
    """Matrix from white-balanced camera RGB to linear RGB: (1, 1, 1) stays (1, 1, 1).

    gains: the white balance that was applied, R, G, B.

    Raises ProfileError when the profile has no colour matrix.

    Source: DNG 1.7.1 chapter 6: white from neutral, two illuminants interpolated in reciprocal
    temperature, then the forward matrices where the profile has them, else linear Bradford
    adaptation.
    """
    neutral = gains[1] / np.asarray(gains, dtype=np.float64)
    to_xyz = balanced_camera_to_xyz_d50(
        neutral, profile.xyz_to_camera, profile.forward_matrices, profile.calibrations
    )
    return np.asarray(xyz_d50_to_rgb(primaries) @ to_xyz)


class ColourMatrix(Stage):
    """`apply_matrix` with the profile's matrices at the white that the balance implies.

    target: linear space of the result, a name of `isp.core.colour.PRIMARIES`.
    Camera colours that nobody has balanced yet are balanced by the same matrix, by the balance
    that the shot knows; others are not balanced again. A pixel is measured when all three channels
    are. A monochrome sensor's grey stays grey.
    """

    domain_in = Domain.CAMERA
    domain_out = Domain.LINEAR

    def __init__(self, target: str = "bt2020") -> None:
        super().__init__()
        if target not in PRIMARIES:
            raise UsageError(f'no colour space "{target}"; known: {", ".join(PRIMARIES)}')
        self.target = target

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        profile = frame.need_profile()
        if profile.cfa.channels == ("Y",):  # grey: nothing to turn
            eye = torch.eye(3, device=frame.data.device)
            return frame.data, eye.expand(frame.data.shape[0], 3, 3)
        gains = frame.shot.need("white_balance").tolist()
        primaries = PRIMARIES[self.target]
        matrices = np.stack([camera_to_rgb(profile, tuple(g), primaries) for g in gains])
        if not frame.balanced:
            matrices = matrices * np.asarray(gains)[:, None, :]  # of each column: its channel's
        return frame.data, torch.as_tensor(matrices, dtype=torch.float32, device=frame.data.device)

    def forward(
        self, camera: Float[Tensor, "b 3 h w"], camera_to_rgb: Float[Tensor, "b 3 3"]
    ) -> Float[Tensor, "b 3 h w"]:
        return apply_matrix(camera, camera_to_rgb)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"colour": Colour(primaries=PRIMARIES[self.target]), "balanced": True}

    def settings(self) -> dict[str, Any]:
        return {"target": self.target}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"camera_to_rgb": inputs[1].tolist()}
