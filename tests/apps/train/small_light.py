"""A small pack of light to train on, and courses that take a second."""

from pathlib import Path

import numpy as np

from apps.train.clean_light import Mosaic, pack_light
from apps.train.denoiser_training import Course
from apps.train.raw_pairs import Recipe
from enhance.training import Plan

RECIPE = Recipe(count=4, side=16, ratios=(1.0, 300.0), often=None)


def small_pack(folder: Path) -> Path:
    """Two scenes of soft blobs and edges, 90 x 110 and 80 x 100."""
    mosaics = []
    for number, (height, width) in enumerate(((90, 110), (80, 100))):
        y, x = np.mgrid[:height, :width] / 17.0 + number
        light = 0.4 + 0.25 * np.sin(y) * np.cos(1.3 * x) + 0.2 * (x + y > 6)
        mosaics.append(Mosaic(name=f"scene {number}", light=light.astype(np.float32)))
    pack_light(mosaics, folder)
    return folder


def course(steps: int = 30, recipe: Recipe = RECIPE, **settings: object) -> Course:
    """Of FW-5k unless another network is asked for."""
    plan = Plan(steps=steps, learning_rate=5e-3, warm_up=3, average=0.9, log_every=5,
                checkpoint_every=10)  # fmt: skip
    return Course(**{"network": "fw-5k", "plan": plan, "recipe": recipe, **settings})  # type: ignore[arg-type]
