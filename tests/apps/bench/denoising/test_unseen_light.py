"""Scenes of the account were in no pack that weights were trained on."""

import json
from pathlib import Path

import torch

from apps.bench.denoising.unseen_light import GRID, HDR, PHOTOGRAPHS, SCIKIT_IMAGE, unseen_scenes
from enhance.weights import FOLDER, shipped
from isp.files.profile import load_profile


def test_there_are_twenty_and_more_and_none_was_trained_on() -> None:
    names = {Path(name).stem for name in (*HDR, *PHOTOGRAPHS, *SCIKIT_IMAGE)}
    assert len(names) >= 20
    assert shipped()
    for model in shipped():
        card = json.loads((FOLDER / f"{model}.json").read_text(encoding="utf-8"))
        assert not names & {Path(scene).stem for scene in card["scenes"]}, model


def test_each_is_light_in_range_on_the_grid_of_all_networks(shared_data: Path) -> None:
    for scene in unseen_scenes(shared_data, load_profile("CanonEOS70D")):
        assert all(side % (GRID // 2) == 0 for side in scene.light.shape[-2:]), scene.name
        assert float(scene.light.min()) >= 0, scene.name
        assert 0.02 < float(scene.light.max()) <= 1, scene.name
        assert bool(torch.isfinite(scene.light).all()), scene.name
