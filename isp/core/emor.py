"""The empirical model of camera response: a mean curve and a few ways to differ from it."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from isp.core.response import Response

LEAST_STEP = 1e-6  # of the inverse model, so that no two codes stand for one exposure


@dataclass(frozen=True, slots=True, eq=False)
class Emor:
    """Response = mean + sum of coefficient x basis curve, made monotone.

    grid: (n,) rising from 0 to 1: exposures, or codes when the model is inverse.
    mean: (n,) code values, or exposures when inverse. basis: (k, n).
    inverse: whether the model gives exposures of codes (invemor) instead of codes of exposures.

    Source: Grossberg and Nayar, "Modeling the space of camera response functions", IEEE TPAMI
    26(10), 2004.
    """

    grid: Float[Tensor, "n"]
    mean: Float[Tensor, "n"]
    basis: Float[Tensor, "k n"]
    inverse: bool = False

    def response(self, coefficients: list[float]) -> Response:
        """Return the monotone curve of the first coefficients; the rest are 0.

        Raises ProfileError for more coefficients than basis curves, or one that is not finite.
        """
        many, known = len(coefficients), self.basis.shape[0]
        if many > known:
            raise ProfileError(f"the model has {known} basis curves, but {many} coefficients came")
        weights = torch.tensor(coefficients, dtype=torch.float64)
        if not bool(torch.isfinite(weights).all()):
            raise ProfileError(f"coefficients of a response are finite numbers, not {coefficients}")
        curve = self.mean.double() + weights @ self.basis[:many].double()
        name = ("inverse EMoR " if self.inverse else "EMoR ") + (
            ", ".join(f"{c:g}" for c in coefficients) or "mean"
        )
        if self.inverse:
            exposure = monotone(curve, least_step=LEAST_STEP)
            return Response(self.grid.double(), name, exposure=exposure)
        return Response(monotone(curve), name, exposure=self.grid.double())

    def fit(self, response: Response, terms: int) -> "Fit":
        """Return the coefficients that bring the model closest to a response, least squares.

        terms: how many basis curves may be used, from the first.

        Raises ProfileError for a response of three curves, or more terms than basis curves.
        """
        if response.channels != 1:
            raise ProfileError("coefficients are fitted to one curve; fit R, G and B one by one")
        if not 0 <= terms <= self.basis.shape[0]:
            raise ProfileError(f"terms are 0..{self.basis.shape[0]}, but {terms} came")
        read = response.decode if self.inverse else response.encode
        wanted = read(self.grid.double())
        columns = self.basis[:terms].double().T
        weights = torch.linalg.lstsq(columns, (wanted - self.mean)[:, None].double()).solution[:, 0]
        fitted = self.response(weights.tolist())
        again = fitted.decode if self.inverse else fitted.encode
        error = again(self.grid.double()) - wanted
        return Fit(
            coefficients=tuple(weights.tolist()),
            response=fitted,
            rms_error=float(error.square().mean().sqrt()),
            largest_error=float(error.abs().max()),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Coefficients, their monotone curve, and how far it is from the curve that was asked for.

    Errors are in code value 0..1 (in exposure for an inverse model), over the model's grid.
    """

    coefficients: tuple[float, ...]
    response: Response
    rms_error: float
    largest_error: float


def monotone(curve: Float[Tensor, "n"], least_step: float = 0.0) -> Float[Tensor, "n"]:
    """Return the nearest rising curve from 0 to 1 (least squares over equally spaced points).

    The ends are pinned; between them it is the isotonic regression, cut to 0..1, which is the
    projection on rising curves within bounds. least_step: of the result, between neighbours.

    Source: Barlow et al., Statistical Inference under Order Restrictions, 1972 (pool adjacent
    violators).

    >>> monotone(torch.tensor([0.0, 0.6, 0.4, 1.0])).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    from scipy.optimize import isotonic_regression

    n = len(curve)
    ramp = least_step * np.arange(n)
    room = 1 - float(ramp[-1])
    inner = curve.double().cpu().numpy()[1:-1] - ramp[1:-1]
    projected = np.clip(isotonic_regression(inner).x, 0, room) if n > 2 else inner
    values = np.concatenate([[0.0], projected, [room]]) + ramp
    values[-1] = 1.0
    return torch.as_tensor(values, dtype=curve.dtype, device=curve.device)
