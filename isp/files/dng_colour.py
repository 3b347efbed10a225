"""A DNG's colour matrices with their calibration, as a sensor profile takes them."""

from typing import Any

import numpy as np

from isp.core.camera_matrices import FORWARD_TOLERANCE
from isp.core.colour import D50_XYZ
from isp.core.sensor import ColourMatrixEntry

Rows = tuple[tuple[float, ...], ...]


def colour_entries(
    facts: dict[str, Any],
) -> tuple[tuple[ColourMatrixEntry, ...], dict[str, Any]]:
    """Return the matrices under each illuminant, and notes on what was taken or left out.

    facts: of `isp.files.dng_tags`. An entry's calibration is AnalogBalance times its
    CameraCalibration; the latter counts only where the signatures of camera and profile agree.
    A forward matrix counts only where it takes white to D50, and all of them do.

    Source: DNG 1.7.1 chapter 6; CameraCalibrationSignature.
    """
    notes: dict[str, Any] = {}
    found = facts.get("colour_matrices", ())
    if any(m["illuminant"] is None for m in found):
        notes["colour_matrix_illuminant"] = "not in the file; D65 taken"
    forward = _by_number(facts, "forward_matrices")
    if any(abs(m.sum(axis=1) - D50_XYZ).max() > FORWARD_TOLERANCE for m in forward.values()):
        notes["forward_matrix"] = "does not take white to D50; left out"
        forward = {}
    camera = _by_number(facts, "camera_calibrations")
    if camera and not facts.get("calibration_signatures_agree", True):
        notes["camera_calibration"] = "signed for another profile; left out"
        camera = {}
    gains = facts.get("analog_balance") or [1.0, 1.0, 1.0]
    analog = np.diag(gains)
    combined = {
        m.get("number", 1): analog @ camera.get(m.get("number", 1), np.eye(3)) for m in found
    }
    if any(not _is_sound(matrix) for matrix in combined.values()):
        notes["camera_calibration"] = "cannot be inverted; left out"
        combined = {}
    if all(np.array_equal(matrix, np.eye(3)) for matrix in combined.values()):
        combined = {}
    entries = []
    for matrix in found:
        number = matrix.get("number", 1)
        entries.append(
            ColourMatrixEntry(
                illuminant=matrix["illuminant"] or "D65",
                xyz_to_camera=_rows(matrix["matrix"]),
                forward=_rows(forward[number]) if number in forward else None,
                calibration=_rows(combined[number]) if number in combined else None,
            )
        )
    return tuple(entries), notes


def _by_number(facts: dict[str, Any], name: str) -> dict[int, np.ndarray]:
    return {m["number"]: np.array(m["matrix"]) for m in facts.get(name) or ()}


def _is_sound(matrix: np.ndarray) -> bool:
    return bool(np.isfinite(matrix).all()) and float(np.linalg.cond(matrix)) < 1e6


def _rows(matrix: Any) -> Rows:
    return tuple(tuple(float(v) for v in row) for row in np.asarray(matrix))
