"""A response curve that was measured, with its 95 % band and covariance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from calibration.response.bracket_codes import CODES, LAST, Values
from isp.core.response import Response
from isp.files.response_file import FORMAT, VERSION


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredCurve:
    """Exposure of each code in one channel, relative to that of the largest code.

    exposure_of_code, low, high: (256,), 0 at code 0 and 1 at code 255; low..high holds the truth
        in 95 of 100 cases, code by code. Outside `codes` (first, last) little was measured, and
        the band is what a rising curve leaves open.
    covariance_factor: (k, 256); the covariance of the curve is its transpose times it.
    log_exposures, log_exposure_errors: (pictures,), refined, and their standard deviations.
    order: of the polynomial, or terms of the model; 0 where the method has none.
    read_variance, shot_variance: of exposure x, read + shot x.
    """

    exposure_of_code: Values
    low: Values
    high: Values
    codes: tuple[int, int]
    covariance_factor: Values
    log_exposures: Values
    log_exposure_errors: Values
    order: int
    read_variance: float
    shot_variance: float
    pixels: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredResponse:
    """The curves of a camera: one for all channels, or R, G and B."""

    name: str
    method: str
    curves: tuple[MeasuredCurve, ...]
    given_exposures: Values

    def response(self) -> Response:
        """The curves as a `Response`, usable to merge and to simulate."""
        codes = torch.linspace(0, 1, CODES, dtype=torch.float64)
        exposures = [torch.from_numpy(curve.exposure_of_code) for curve in self.curves]
        if len(exposures) == 1:
            return Response(codes, self.name, exposure=exposures[0])
        return Response(codes.expand(3, -1), self.name, exposure=torch.stack(exposures))

    def exposures(self) -> tuple[Values, Values]:
        """Refined exposures of the pictures and their relative deviations, over the channels.

        The channels' mean; its deviation counts them as one measurement, since what moves one
        moves all.
        """
        logs = np.mean([curve.log_exposures for curve in self.curves], axis=0)
        errors = np.mean([curve.log_exposure_errors for curve in self.curves], axis=0)
        return np.exp(logs), errors

    def record(self) -> dict[str, Any]:
        """Plain values for JSON; read again by `isp.files.response_file`."""
        exposures, errors = self.exposures()
        return {
            "format": FORMAT,
            "format_version": VERSION,
            "name": self.name,
            "method": self.method,
            "last_code": LAST,
            "channels": ["RGB"] if len(self.curves) == 1 else ["R", "G", "B"],
            "exposure_of_code": [curve.exposure_of_code.tolist() for curve in self.curves],
            "low": [curve.low.tolist() for curve in self.curves],
            "high": [curve.high.tolist() for curve in self.curves],
            "measured_codes": [list(curve.codes) for curve in self.curves],
            "covariance_factor": [
                [[float(f"{value:.4g}") for value in row] for row in curve.covariance_factor]
                for curve in self.curves
            ],
            "order": [curve.order for curve in self.curves],
            "read_variance": [curve.read_variance for curve in self.curves],
            "shot_variance": [curve.shot_variance for curve in self.curves],
            "pixels": [curve.pixels for curve in self.curves],
            "given_exposures": self.given_exposures.tolist(),
            "exposures": [
                {
                    "value": float(value),
                    "low": float(value * np.exp(-1.96 * error)),
                    "high": float(value * np.exp(1.96 * error)),
                }
                for value, error in zip(exposures, errors, strict=True)
            ],
        }
