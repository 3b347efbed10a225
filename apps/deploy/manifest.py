"""What a bundle says of itself: order, contracts, values, hashes and proof."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import torch

from apps.deploy.onnx_graph import IR_VERSION, OPSET, OUTPUTS
from apps.deploy.parity import LIMIT, ParityRow
from apps.deploy.stage_graph import DATA, GraphInput, PlannedGraph
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import saturation_limit
from isp.core.sensor import SensorProfile

FORMAT, FORMAT_VERSION = "fullwell-bundle", 1
LICENCE = "Apache-2.0"
KINDS = ("picture", "mask", "mask")  # of DATA


def graph_entry(
    plan: PlannedGraph, name: str, file: str, model: Any, rows: Sequence[ParityRow]
) -> dict[str, Any]:
    """A graph's part of the manifest. rows: its proof."""
    stages = list(plan.module.stages)
    before, after = plan.frame, plan.after
    taken = {given.name for given in model.graph.input}
    own = [
        {"name": n, "kind": kind, "channels": t.shape[1]}
        for n, kind, t in zip(DATA, KINDS, plan.tensors[:3], strict=True)
    ]
    inputs = [*own, *(_entry(given) for given in plan.inputs)]
    masks = after.measured.shape[1]
    channels = (after.data.shape[1], masks, masks)
    weights = [s.weights_sha256 for s in stages if hasattr(s, "weights_sha256")]
    return {
        "file": file,
        "name": name,
        "stages": list(plan.module.names),
        "domain_in": before.domain.name,
        "domain_out": after.domain.name,
        "halo": plan.halo,
        "aligned": plan.aligned,
        "multiple": plan.multiple,
        "whole_frame": plan.whole_frame,
        "inputs": [entry for entry in inputs if entry["name"] in taken],
        "outputs": [{"name": n, "channels": c} for n, c in zip(OUTPUTS, channels, strict=True)],
        "weights_sha256": weights[0] if weights else None,
        "licence": LICENCE,
        "expected_error": {
            "limit": LIMIT,
            "largest": max(row.largest for row in rows),
            "psnr_db": min(row.psnr_db for row in rows),
        },
    }


def manifest(
    *,
    name: str,
    graphs: Sequence[dict[str, Any]],
    profile: SensorProfile,
    frame: Frame,
    after: Frame,
    size: tuple[int, int] | None,
    parity: Sequence[dict[str, Any]],
    precision: str = "fp32",
) -> dict[str, Any]:
    """The manifest but for hashes.

    profile: of the whole sensor. frame, after: the example, before and after the stages.
    """
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name,
        "made_by": {
            "fullwell": version("fullwell"), "torch": torch.__version__.partition("+")[0],
            "opset": OPSET, "ir_version": IR_VERSION,
        },
        "precision": precision,
        "size": None if size is None else list(size),
        "domain_in": graphs[0]["domain_in"],
        "domain_out": graphs[-1]["domain_out"],
        "files": {},
        "raw": _raw(profile, frame) if frame.domain is Domain.RAW else None,
        # Of a mosaic, which tells of no photosite whether it is sound; RAW has its own list.
        "defects": [[d.row, d.column] for d in profile.defects],
        "graphs": list(graphs),
        "parity": list(parity),
        "about": {
            "camera": profile.name,
            "iso": None if frame.shot.iso is None else float(frame.shot.iso[0]),
            "stages": [[step, settings] for step, settings in after.history],
        },
    }  # fmt: skip


def _entry(given: GraphInput) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": given.name, "kind": given.kind}
    if given.kind == "value":
        one = given.example[0]
        entry |= {"shape": list(one.shape), "default": one.tolist()}
        if given.estimated:
            entry["estimated"] = True  # from the example's pixels: a frame of one's own has another
    return entry


def _raw(profile: SensorProfile, frame: Frame) -> dict[str, Any]:
    """What makes masks of DN: the rule of `isp.core.measured.raw_masks`, its numbers worked out."""
    table = profile.linearization_table_dn
    return {
        "pattern": [list(row) for row in profile.cfa.pattern],
        "bit_depth": profile.bit_depth,
        "black_level_dn": list(profile.black_level_dn),
        "white_level_dn": profile.white_level_dn,
        "saturation_limit_dn": float(saturation_limit(profile, frame.shot.iso)[0]),
        "floor_dn": float(table[0]) if table else 0.0,
        "defects": [[defect.row, defect.column] for defect in profile.defects],
    }
