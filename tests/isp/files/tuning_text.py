"""A small tuning file whose values are easy to follow by hand."""

import json
from typing import Any

CR = [2.0] * 192
LUMINANCE = [1.0 + i / 192 for i in range(192)]


def document(**algorithms: Any) -> dict[str, Any]:
    """A tuning of 16-bit black 4096 and noise 4 sqrt(s); arguments replace or add algorithms."""
    known: dict[str, Any] = {
        "rpi.black_level": {"black_level": 4096},
        "mine.unknown": {"z": 1.50, "a": [1e-7, {"y": None, "x": "Ä"}], "huge": 1e300},
        "rpi.noise": {"reference_constant": 0, "reference_slope": 4.0},
        "rpi.awb": {"bayes": 1, "ct_curve": [2500.0, 0.8, 0.4, 6500.0, 0.5, 0.7]},
        "rpi.agc": {"channels": [{"exposure_modes": {"normal": {"gain": [1.0, 8.0]}}}]},
        "rpi.alsc": {
            "omega": 1.3,
            "calibrations_Cr": [{"ct": 3000, "table": CR}],
            "calibrations_Cb": [{"ct": 3000, "table": [1.5] * 192}],
            "luminance_lut": LUMINANCE,
        },
        "rpi.ccm": {
            "ccms": [
                {"ct": 2000, "ccm": [1.8, -0.5, -0.3, -0.3, 1.6, -0.3, 0.0, -0.6, 1.6]},
                {"ct": 7000, "ccm": [1.4, -0.3, -0.1, -0.2, 1.5, -0.3, 0.1, -0.5, 1.4]},
            ]
        },
    } | algorithms
    listed = [{name: values} for name, values in known.items() if values is not None]
    return {"version": 2.0, "target": "bcm2835", "algorithms": listed}


def text(**algorithms: Any) -> str:
    """`document` as a file holds it."""
    return json.dumps(document(**algorithms), indent=2, ensure_ascii=False)
