"""What a report says of a finished picture: size, steps, what was cut or estimated."""

from collections.abc import Sequence
from typing import Any

from apps.delivering import DEFAULT_CROP
from isp.core.domain import Domain
from isp.core.frame import NOT_FINITE, Frame
from isp.files.orientation import upright_size
from isp.stages.white_balance import ESTIMATORS

ESTIMATED = {m: m.replace("_", "-") for m in (*ESTIMATORS, "planckian")}


def automatic(frame: Frame) -> list[str]:
    """What was estimated or cut on the way, one sentence each: nothing automatic is hidden."""
    notes = []
    for name, parameters in frame.history:
        if name == NOT_FINITE:
            notes.append(f"{parameters['values']} DN were no finite numbers: not measured")
        if name == DEFAULT_CROP:
            size = f"{parameters['width']} x {parameters['height']}"
            notes.append(f"cut to the file's default crop, {size} as stored")
        if name == "exposure" and any(parameters.get("baseline_ev", ())):
            stops = ", ".join(f"{ev:+.2f}" for ev in parameters["baseline_ev"])
            notes.append(f"baseline exposure of the file: {stops} EV")
        cut = parameters.get("quantised") or {}
        if cut.get("below") or cut.get("above"):
            notes.append(
                f"{name} in {cut['bits']} bits cut {cut['below']} values below its codes and "
                f"{cut['above']} above"
            )
        if name == "exposure" and parameters.get("automatic"):
            stops = ", ".join(f"{ev:+.2f}" for ev in parameters["ev"])
            notes.append(f"automatic exposure: {stops} EV")
        if name == "white_balance" and parameters.get("method") in ESTIMATED:
            gains = "; ".join(", ".join(f"{g:.4f}" for g in row) for row in parameters["gains"])
            notes.append(f"{ESTIMATED[parameters['method']]} white balance: {gains}")
    return notes


def facts_of(picture: Frame, stages: Sequence[str], clips: int) -> dict[str, Any]:
    """What a report says of a finished picture: size, steps, what was cut or estimated.

    The size is the file's: pictures are written upright, DNGs lie as they were stored.
    """
    is_turned = picture.domain >= Domain.LINEAR
    height, width = upright_size(picture.size, picture.shot.orientation if is_turned else 1)
    notes = automatic(picture)
    cut = [f"{clips} values cut to what the format holds"] if clips else []
    summary = f"{width} x {height} {picture.domain.name} through {' -> '.join(stages)}"
    return {
        "width": width,
        "height": height,
        "domain": picture.domain.name,
        "automatic": notes,
        "clipped_values": clips,
        "measured_percent": 100 * float(picture.measured.float().mean()),
        "history": [[name, parameters] for name, parameters in picture.history],
        "summary": "; ".join([summary, *cut, *notes]),
    }
