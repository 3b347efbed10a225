"""A measured response is a Response at once."""

import json

import numpy as np
import torch

from calibration.response.measured_response import MeasuredCurve, MeasuredResponse


def measured(channels: int) -> MeasuredResponse:
    curves = tuple(
        MeasuredCurve(
            exposure_of_code=np.linspace(0, 1, 256) ** (2 + c), low=np.zeros(256),
            high=np.ones(256), codes=(3, 250), covariance_factor=np.zeros((2, 256)),
            log_exposures=np.array([0.0, 1.0]), log_exposure_errors=np.array([0.0, 0.1]),
            order=0, read_variance=0.0, shot_variance=1e-4, pixels=9,
        )
        for c in range(channels)
    )  # fmt: skip
    return MeasuredResponse(
        name="x", method="debevec", curves=curves, given_exposures=np.array([1.0, 2.7])
    )


def test_it_decodes_and_encodes_by_its_exposures() -> None:
    response = measured(1).response()

    assert abs(float(response.decode(torch.tensor(0.5, dtype=torch.float64))) - 0.25) < 1e-5
    assert measured(3).response().channels == 3


def test_its_record_is_json_with_intervals() -> None:
    record = json.loads(json.dumps(measured(3).record(), allow_nan=False))

    assert record["channels"] == ["R", "G", "B"]
    assert record["exposures"][1]["low"] < np.e < record["exposures"][1]["high"]
