"""The manifest says what run.py needs, in plain JSON."""

import json

import numpy as np
import torch

from apps.deploy.example_frames import simulated_frames
from isp.core.measured import raw_masks
from isp.files.profile import load_profile
from tests.apps.deploy.conftest import WHAT, Exported


def test_its_graph_has_the_contract(exported_bundle: Exported) -> None:
    made = exported_bundle.manifest
    [graph] = made["graphs"]

    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert (made["format"], made["format_version"], made["precision"]) == (
        "fullwell-bundle",
        1,
        "fp32",
    )
    assert (made["domain_in"], made["domain_out"], made["size"]) == ("RAW", "SDR", None)
    assert graph["stages"] == list(WHAT)
    assert (graph["aligned"], graph["multiple"], graph["whole_frame"]) == (2, 1, False)
    assert [o["name"] for o in graph["outputs"]] == ["picture", "measured_out", "clipped_out"]
    assert [o["channels"] for o in graph["outputs"]] == [3, 1, 1]
    by_name = {given["name"]: given for given in graph["inputs"]}
    gains = by_name["white_balance.gains"]
    assert (gains["kind"], gains["shape"], gains["default"][1]) == ("value", [3], 1.0)
    assert by_name["data"] == {"name": "data", "kind": "picture", "channels": 1}
    assert by_name["black_level.white_level_dn"]["shape"] == []
    assert graph["expected_error"]["largest"] <= 1e-4


def test_the_masks_of_dn_follow_from_its_numbers(exported_bundle: Exported) -> None:
    profile = load_profile("SonyA7S2")
    frame = simulated_frames(profile, 1600.0)(40, 60, 3)
    raw, dn = exported_bundle.manifest["raw"], frame.data.numpy()

    clipped = (dn >= raw["saturation_limit_dn"]) | (dn <= raw["floor_dn"])

    measured, lost = raw_masks(frame.data, profile, torch.tensor([1600.0]))
    assert np.array_equal(clipped, lost.numpy())
    assert np.array_equal(~clipped, measured.numpy())
    assert 0 < clipped.mean() < 1
    assert raw["pattern"] == [["R", "G"], ["G", "B"]]


def test_the_proof_is_at_sizes_that_are_not_the_export_s(exported_bundle: Exported) -> None:
    rows = exported_bundle.manifest["parity"]

    assert {tuple(row["size"]) for row in rows} == {(101, 157), (202, 134)}
    assert all(row["largest"] <= 1e-4 and row["masks_equal"] for row in rows)
    assert all(row["dn_max"] <= 1 for row in rows)
