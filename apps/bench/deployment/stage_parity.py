"""Every stage of ours that becomes a graph, and presets whole, held against torch."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.deploy.export_request import CALIBRATION_NUMBERS, PROOF_NUMBERS, ExportRequest, frames_of
from apps.deploy.export_request import proof_frames as frames_to_prove
from apps.deploy.exporting import proven
from apps.deploy.lowering import lowered
from apps.deploy.tracing import asked_pipeline, trace
from apps.presets import NAMES
from apps.recipes import STAGES
from isp.core.errors import CheckError, StageError

Rows = dict[str, Any]

CAMERA, ISO = "SonyA7S2", 1600.0
# What by default does nothing is set to something.
SETTINGS: dict[str, Mapping[str, Any]] = {
    "linearize": {"table_dn": tuple(0.9 * n for n in range(16384))},
    "lens_shading": {"grid": (((1.0, 1.4), (1.5, 2.0)),)},
    "lens_distortion": {"coefficients": (0.95, 0.03, 0.01, 0.0, 0.001, -0.002)},
    "exposure": {"ev": 0.7},
}
TABLES = ("lut3d", "look")  # need a .cube file
CUBE_SIDE = 5


def subjects() -> list[str]:
    """What has a row: stages in the order of the pipeline, then presets."""
    return [*STAGES, *NAMES]


def parity_of(name: str) -> Rows:
    """Rows of one stage or preset at two sizes that it was not exported at, or why there are none.

    Also what fp16 loses, and int8 where there is a network, or that the budget refuses it.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = dict(SETTINGS.get(name, {}))
        if name in TABLES:
            settings["file"] = str(_cube(Path(folder)))
        request = ExportRequest(
            what=(name,), camera=CAMERA, iso=ISO,
            settings=[(name, key, value) for key, value in settings.items()],
        )  # fmt: skip
        frames = frames_of(request)
        pipeline = asked_pipeline(request, frames)
        try:
            [graph] = trace(request, frames, pipeline)
        except StageError as error:
            return {"reason": str(error)}
        proof = frames_to_prove(request, frames, pipeline, PROOF_NUMBERS)
        rows = proven([graph], proof)
        learnt = frames_to_prove(request, frames, pipeline, CALIBRATION_NUMBERS)
        less = {}
        for precision in ("fp16", "int8"):
            try:
                made = lowered(graph, precision, learnt, proof)
            except CheckError as error:
                less[precision] = {"refused": str(error)}
                continue
            if made.lost is not None:
                less[precision] = asdict(made.lost)
    domains = [graph.plan.frame.domain.name, graph.plan.after.domain.name]
    return {"domains": domains, "rows": [row.record() for row in rows], "less": less}


def _cube(folder: Path) -> Path:
    """A table that turns and bends colours."""
    steps = [i / (CUBE_SIDE - 1) for i in range(CUBE_SIDE)]
    lines = [f"LUT_3D_SIZE {CUBE_SIDE}"]
    for blue in steps:
        for green in steps:
            lines += [
                f"{red**1.2:.6f} {0.8 * green + 0.2 * red:.6f} {blue**0.8:.6f}" for red in steps
            ]
    place = folder / "turned.cube"
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place
