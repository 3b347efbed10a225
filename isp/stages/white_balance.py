"""White balance: make a neutral patch read equal in R, G and B."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.stage import Stage
from isp.stages.illuminant.grey_edge import grey_edge
from isp.stages.illuminant.grey_world import grey_world
from isp.stages.illuminant.planckian import near_planckian
from isp.stages.illuminant.shades_of_grey import shades_of_grey
from isp.stages.illuminant.temperature import gains_at, parse_temperature
from isp.stages.illuminant.white_patch import white_patch

Estimator = Callable[[Tensor, Tensor, Cfa], Tensor]

ESTIMATORS: dict[str, Estimator] = {
    "grey_world": grey_world,
    "shades_of_grey": shades_of_grey,
    "grey_edge": grey_edge,
    "white_patch": white_patch,
}
METHODS = ("as_shot", *ESTIMATORS, "planckian")


def white_balance(
    mosaic: Float[Tensor, "b 1 h w"], gains: Float[Tensor, "b 3"], cfa: Cfa
) -> Float[Tensor, "b 1 h w"]:
    """Multiply each photosite by the gain of the colour in front of it.

    mosaic: linear, black at 0 and sensor white at 1; any height and width.
    gains: R, G, B, dimensionless. Nothing is clipped: a balanced highlight may pass 1, and what
        to do about it is the highlight stage's question.

    Source: DNG 1.7.1, AsShotNeutral (gains are its reciprocals, green = 1).
    """
    height, width = mosaic.shape[-2:]
    return mosaic * cfa.spread(gains, height, width)  # (b, 1, h, w)


def estimated_gains(
    method: str,
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Bool[Tensor, "b 1 h w"],
    cfa: Cfa,
    profile: SensorProfile | None = None,
) -> Float[Tensor, "b 3"]:
    """Gains R, G, B, green = 1, by one of `ESTIMATORS` or `planckian`.

    Estimated on the mosaic's own planes, no demosaicing, over measured photosites. `planckian` is
    shades of grey kept near the Planckian locus, for which it needs the profile's matrices.

    Raises FrameError when the frame does not hold what the method looks for.
    """
    if method != "planckian":
        return ESTIMATORS[method](mosaic, measured, cfa)
    if profile is None:
        raise FrameError("planckian needs the camera's colour matrices; pass --camera")
    return near_planckian(shades_of_grey(mosaic, measured, cfa), profile)


class WhiteBalance(Stage):
    """`white_balance` with the gains of the shot, estimated ones, or given ones.

    gains: `as_shot`, a method of `estimated_gains`, a colour temperature as `5200K` or, with its
        Duv, `5200K,+0.003`, or three multipliers R, G, B.
    The gains that were used become the shot's white balance, from which the colour matrix takes
    the scene's white.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(self, cfa: Cfa, gains: str | tuple[float, float, float] = "as_shot") -> None:
        super().__init__()
        self.white = parse_temperature(gains) if isinstance(gains, str) else None
        if isinstance(gains, str) and gains not in METHODS and self.white is None:
            raise UsageError(
                f"white balance is {', '.join(METHODS)}, a temperature as 5200K or 5200K,+0.003, "
                f'or three gains R,G,B, not "{gains}"'
            )
        if not isinstance(gains, str) and (len(gains) != 3 or min(gains) <= 0):
            raise UsageError(f"white balance gains are three positive numbers, not {gains}")
        self.cfa = cfa
        self.gains = gains
        self.surveys = isinstance(gains, str) and gains != "as_shot" and self.white is None

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        batch = frame.data.shape[0]
        if frame.balanced:
            raise FrameError("the mosaic is white-balanced already; it cannot be balanced twice")
        if isinstance(self.gains, tuple):
            given = frame.data.new_tensor([self.gains]) / self.gains[1]
            return frame.data, given.expand(batch, 3)
        if self.white is not None:
            tempered = frame.data.new_tensor([gains_at(frame.need_profile(), self.white)])
            return frame.data, tempered.expand(batch, 3)
        if self.gains != "as_shot":
            return frame.data, estimated_gains(
                self.gains, frame.data, frame.measured, self.cfa, frame.profile
            )
        if frame.shot.white_balance is None:
            raise FrameError("the file has no as-shot white balance; pass --wb grey_world or R,G,B")
        return frame.data, frame.shot.white_balance

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], gains: Float[Tensor, "b 3"]
    ) -> Float[Tensor, "b 1 h w"]:
        return white_balance(mosaic, gains, self.cfa)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"shot": replace(frame.shot, white_balance=inputs[1]), "balanced": True}

    def settings(self) -> dict[str, Any]:
        said = self.gains if isinstance(self.gains, str) else self.answers.get("gains", "given")
        return {"method": said}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"gains": inputs[1].tolist()}
