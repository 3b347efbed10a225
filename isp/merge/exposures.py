"""How much light each frame of a bracket gathered: what metadata say, and what the frames show."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FrameError
from isp.core.frame import Frame
from isp.merge.observation import Observation
from isp.merge.ratios import Ratio, by_brightness, measured_exposures

DISAGREES = 0.02  # relative: shutters are noted as 1/60 and last 1/64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposures:
    """Light gathered relative to the reference, per image and frame.

    used: what the merge took, from `source`: `given`, `metadata` or `measured`.
    nominal: what was given or noted; None where nobody said.
    measured: what the first image's frames show; None where they have too little in common, and
        then `failure` says why. ratios: its steps, from the darkest frame up, in `order`.
    thrown_away: where measured ones took the place of nominal ones unasked, the share of each
        frame that contradicted the others by the nominal ones.
    """

    used: Float[Tensor, "b n"]
    source: str
    nominal: Float[Tensor, "b n"] | None
    measured: list[float] | None
    ratios: list[Ratio]
    order: list[int]
    failure: str | None = None
    thrown_away: list[float] | None = None

    @property
    def disagreement(self) -> list[float] | None:
        """Measured over nominal exposure of each frame of the first image."""
        if self.measured is None or self.nominal is None:
            return None
        return [m / float(n) for m, n in zip(self.measured, self.nominal[0], strict=True)]

    @property
    def disagrees(self) -> bool:
        """Whether a step between neighbours differs by over 2 % and four standard errors."""
        off = self.disagreement
        if off is None:
            return False
        steps = zip(self.order, self.order[1:], self.ratios, strict=False)
        return any(
            abs(off[after] / off[before] - 1)
            > max(DISAGREES, 4 * ratio.standard_error / ratio.value)
            for before, after, ratio in steps
        )


def exposures_of(
    frames: Sequence[Frame],
    bracket: Sequence[Observation],
    reference: int,
    given: Sequence[float] | None,
    *,
    measure: bool,
    noted_by: str = "metadata",
) -> Exposures:
    """Exposures of a bracket's frames; measured ones are used when asked, or when none are noted.

    noted_by: who wrote the times into the shots, for `source`.

    Raises FrameError when only some frames say, CalibrationError where exposures that are needed
    cannot be measured.
    """
    nominal = _nominal(frames, given)
    if nominal is not None:
        nominal = nominal / nominal[:, reference : reference + 1]
    needed = measure or nominal is None
    every: list[list[float]] = []
    ratios: list[Ratio] = []
    failure = None
    order = _order([seen.image(0) for seen in bracket], nominal, 0)
    try:
        for image in range(len(frames[0].data) if needed else 1):
            one = [seen.image(image) for seen in bracket]
            measured, steps = measured_exposures(one, _order(one, nominal, image), reference)
            every, ratios = [*every, measured], ratios or steps
    except CalibrationError as error:
        if needed:
            raise
        failure = str(error)
    if not needed and nominal is not None:
        used, source = nominal, noted_by if given is None else "given"
    else:
        used, source = torch.tensor(every, dtype=torch.float64), "measured"
    return Exposures(
        used=used, source=source, nominal=nominal, measured=every[0] if every else None,
        ratios=ratios, order=order, failure=failure,
    )  # fmt: skip


def _order(
    bracket: Sequence[Observation], nominal: Float[Tensor, "b n"] | None, image: int
) -> list[int]:
    """Indices of the frames from the least exposure up, of one image of the batch."""
    if nominal is None:
        return by_brightness(bracket)
    return sorted(range(len(bracket)), key=lambda i: float(nominal[image, i]))


def _nominal(frames: Sequence[Frame], given: Sequence[float] | None) -> Float[Tensor, "b n"] | None:
    """Light by what was given, or by time, f-number and (of pictures, whose codes hold it) ISO."""
    if given is not None:
        row = torch.tensor([list(given)], dtype=torch.float64)
        return row.expand(len(frames[0].data), -1)
    times = _noted(frames, "exposure_time_s")
    if times is None:
        return None
    numbers = _noted(frames, "f_number")
    light = times if numbers is None else times / numbers**2
    if frames[0].domain is Domain.MOSAIC:
        return light
    speeds = _noted(frames, "iso")
    return light if speeds is None else light * speeds


def _noted(frames: Sequence[Frame], name: str) -> Float[Tensor, "b n"] | None:
    values = [getattr(frame.shot, name) for frame in frames]
    known = [value for value in values if value is not None]
    if not known:
        return None
    if len(known) < len(values):
        missing = [str(i + 1) for i, value in enumerate(values) if value is None]
        raise FrameError(
            f"{name} is noted in some frames, but not in frame {', '.join(missing)}; "
            "give the exposure times, or have them measured"
        )
    rows: Tensor = torch.stack([value.double() for value in known], dim=-1)
    if not bool((rows > 0).all()):
        raise FrameError(f"{name} is positive, but the frames note {rows.tolist()}")
    return rows
