"""Camera response curves: relative exposure to code value and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import FrameError, ProfileError
from isp.core.transfer import decode_srgb, encode_srgb

SAMPLES = 4096  # with 1024 (CONVENTIONS 1.5) the inverse of sRGB's toe is off by half a code

Curve = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """A monotone curve from relative exposure 0..1 to code value 0..1.

    curve: (n,), code values at n exposures, rising from 0 to 1; (3, n) where R, G and B differ.
    name: for the history.
    exposure: (n,) or (3, n), the exposures, strictly rising from 0 to 1; None: equally spaced.
    formula: the curve and its inverse as float64 functions on 0..1, taken instead of the table.

    A table is interpolated linearly and inverted exactly; where it is flat, decoding gives the
    brightest exposure of the flat part, and `interval` all of them. The two end codes carry no
    measurement, which the masks say (HOUSE: codes 0 and 255 are unmeasured).
    """

    curve: Float[Tensor, "*c n"]
    name: str = "response"
    exposure: Float[Tensor, "*d m"] | None = None
    formula: tuple[Curve, Curve] | None = None

    def __post_init__(self) -> None:
        """Check that the curve can be inverted."""
        knots = self._knots()
        for what, values in (("code", self.curve), ("exposure", knots)):
            if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[0] != 3):
                raise ProfileError(
                    f'response "{self.name}" is one curve or three, not {what}s of shape '
                    f"{tuple(values.shape)}"
                )
        steps = torch.diff(self.curve)
        if self.curve.shape[-1] < 2 or not bool((steps >= 0).all()):
            raise ProfileError(f'response "{self.name}" must rise with exposure')
        if self.curve.shape[-1] != knots.shape[-1] or not bool((torch.diff(knots) > 0).all()):
            raise ProfileError(
                f'response "{self.name}" needs an exposure for each code, strictly rising'
            )
        for values in (self.curve, knots):
            ends = torch.stack([values[..., 0].abs(), (values[..., -1] - 1).abs()])
            if float(ends.max()) > 1e-6:
                raise ProfileError(f'response "{self.name}" must run from 0 to 1')
        if self.formula is not None and self.channels != 1:
            raise ProfileError(f'response "{self.name}": a formula is one curve for all channels')

    @staticmethod
    def srgb() -> "Response":
        """The sRGB encoding as a camera response (IEC 61966-2-1)."""
        return _formula("srgb", encode_srgb, decode_srgb)

    @staticmethod
    def power(gamma: float) -> "Response":
        """Code = exposure ** (1 / gamma).

        Raises ProfileError for a gamma that is not positive.

        >>> float(Response.power(2.0).encode(torch.tensor(0.25)))
        0.5
        """
        if not 0 < gamma < float("inf"):
            raise ProfileError(f"a power response needs a positive gamma, got {gamma}")
        return _formula(f"power {gamma:g}", lambda x: x ** (1 / gamma), lambda v: v**gamma)

    @staticmethod
    def sigmoid(beta: float, gamma: float) -> "Response":
        """Code = (1 + beta) x^gamma / (beta + x^gamma): beta near 0 is steep, large is a power.

        Raises ProfileError for a beta or gamma that is not positive.

        Source: Eilertsen et al., ACM TOG 36(6), 2017 (HDRCNN), the camera curve of its data set;
        Wang et al., CVPR 2025 (LEDiff) takes the same.

        >>> round(float(Response.sigmoid(0.6, 0.9).encode(torch.tensor(0.18))), 4)
        0.4202
        """
        if not (0 < beta < float("inf") and 0 < gamma < float("inf")):
            raise ProfileError(
                f"a sigmoid response needs positive beta and gamma, got {beta} and {gamma}"
            )

        def encode(x: Tensor) -> Tensor:
            raised = x**gamma
            return (1 + beta) * raised / (beta + raised)

        def decode(v: Tensor) -> Tensor:
            return (beta * v / (1 + beta - v)) ** (1 / gamma)

        return _formula(f"sigmoid {beta:g}, {gamma:g}", encode, decode)

    @staticmethod
    def linear() -> "Response":
        """Code = exposure."""
        return _formula("linear", torch.clone, torch.clone)

    @property
    def channels(self) -> int:
        """3 where R, G and B have their own curves, else 1."""
        return 3 if max(self.curve.ndim, self._knots().ndim) == 2 else 1

    def then(self, name: str, encode: Curve, decode: Curve) -> "Response":
        """Return this response followed by a tone curve of 0..1 and its inverse.

        Raises ProfileError for a response that is a table.
        """
        if self.formula is None:
            raise ProfileError(f'response "{self.name}" is a table; a tone curve needs a formula')
        first, undo = self.formula
        return _formula(f"{self.name}, {name}", lambda x: encode(first(x)),
                        lambda v: undo(decode(v)))  # fmt: skip

    def encode(self, exposure: Tensor) -> Tensor:
        """Relative exposure to code value; exposures outside 0..1 end at the end codes.

        Raises FrameError when a response of three curves meets no (..., 3, h, w).

        >>> Response.srgb().encode(torch.tensor([0.0, 2.0])).tolist()
        [0.0, 1.0]
        """
        if self.formula is not None:
            return _run(self.formula[0], exposure)
        return self._interpolate(exposure, self._knots(), self.curve)

    def decode(self, code: Tensor) -> Tensor:
        """Code value to relative exposure; the brightest that gives it where the curve is flat."""
        if self.formula is not None:
            return _run(self.formula[1], code)
        return self._interpolate(code, self.curve, self._knots())

    def interval(self, code: Tensor, half_step: float) -> tuple[Tensor, Tensor]:
        """Lowest and highest relative exposure whose code value is within half_step of a code.

        half_step: in code value 0..1, so 0.5 / 255 for 8 bits. Light is never below 0, and what
        reaches the largest code has no highest exposure: infinity.
        """
        below, above = code - half_step, code + half_step
        if self.formula is not None:
            low = _run(self.formula[1], below)
        else:  # run backwards, numpy's last of equal knots is the first
            low = -self._interpolate(-below, -self.curve.flip(-1), -self._knots().flip(-1))
            low = low + 0.0  # no negative zero
        return low, torch.where(above >= 1, float("inf"), self.decode(above))

    def flat_parts(self) -> list[tuple[int, float, float, float]]:
        """Where exposures share one code value: (channel, code value, darkest, brightest).

        Nothing of a formula is flat.

        >>> Response(torch.tensor([0.0, 0.5, 0.5, 1.0])).flat_parts()[0][:2]
        (0, 0.5)
        """
        if self.formula is not None:
            return []
        parts = []
        for channel in range(self.channels):
            code = _row(self.curve, channel)
            knots = _row(self._knots(), channel)
            values, first, count = np.unique(code, return_index=True, return_counts=True)
            parts += [
                (channel, float(value), float(knots[start]), float(knots[start + many - 1]))
                for value, start, many in zip(values, first, count, strict=True)
                if many > 1
            ]
        return parts

    def record(self, bit_depth: int = 8) -> dict[str, Any]:
        """Name and the exposure of every code per channel, as plain numbers for JSON."""
        last = 2**bit_depth - 1
        codes = torch.arange(last + 1, dtype=torch.float64) / last
        exposures = self.decode(codes.reshape(1, 1, -1).expand(self.channels, 1, -1))
        return {"name": self.name, "exposure_of_code": exposures[:, 0].tolist()}

    def _knots(self) -> Tensor:
        if self.exposure is not None:
            return self.exposure
        return torch.linspace(0, 1, self.curve.shape[-1], dtype=torch.float64)

    def _interpolate(self, values: Tensor, x: Tensor, y: Tensor) -> Tensor:
        # numpy's interp takes the last of equal knots, which is what a flat toe needs.
        given = values.detach().double().cpu().numpy()
        if self.channels == 1:
            found = np.interp(given, _row(x, 0), _row(y, 0))
        elif given.ndim < 3 or given.shape[-3] != 3:
            raise FrameError(
                f'response "{self.name}" has a curve each for R, G and B, so it takes '
                f"(..., 3, h, w), but {tuple(given.shape)} came"
            )
        else:
            planes = [np.interp(given[..., c, :, :], _row(x, c), _row(y, c)) for c in range(3)]
            found = np.stack(planes, axis=-3)
        return torch.as_tensor(found, dtype=values.dtype, device=values.device)


def _row(values: Tensor, channel: int) -> Any:
    row = values if values.ndim == 1 else values[channel]
    return row.double().cpu().numpy()


def _run(function: Curve, values: Tensor) -> Tensor:
    """A float64 function of 0..1 on any values; the ends stand for all that lies beyond."""
    return function(values.double().clamp(0, 1)).to(values.dtype)


def _formula(name: str, encode: Curve, decode: Curve) -> Response:
    exposure = torch.linspace(0, 1, SAMPLES, dtype=torch.float64)
    return Response(encode(exposure), name, formula=(encode, decode))
