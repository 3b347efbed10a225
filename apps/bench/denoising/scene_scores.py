"""A method on every unseen scene of one case: numbers a scene, and the time they took."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from apps.bench.denoising.captures import Case, captured
from apps.bench.denoising.methods import Method
from apps.bench.denoising.unseen_light import Scene, unseen_scenes
from apps.bench.raw_protocol import Fidelity, score
from apps.train.packed_pair import PackedCapture
from isp.core.rng import Draws, Effect, uniform

DIGITS = 5
REPEATS = 2000  # of the bootstrap
Scores = dict[str, list[float]]


@lru_cache(maxsize=8)
def pairs(data: Path, case: Case) -> tuple[tuple[Scene, PackedCapture], ...]:
    """Scenes as the case's camera sees them, and their captures."""
    scenes = _scenes(data, case.camera)
    return tuple((scene, captured(case, scene.light, n)) for n, scene in enumerate(scenes))


@lru_cache(maxsize=5)
def _scenes(data: Path, camera: str) -> tuple[Scene, ...]:
    return tuple(unseen_scenes(data, Case(camera=camera, ratio=1.0).profile()))


def scores(data: Path, case: Case, method: Method) -> dict[str, Any]:
    """`psnr_db`, `ssim`, `bias` and more of each scene in order, with `cpu_s`, median of a scene.

    `corrected_db`: after the brightness correction that knows the answer. `dark_db`: of light
    below 0.02 of white. `bright_db`: above 0.5; None where a scene has none.
    """
    found: dict[str, list[float | None]] = {}
    seconds = []
    for scene, capture in pairs(data, case):
        started = time.process_time()
        estimate = method(capture)
        seconds.append(time.process_time() - started)
        each = score(estimate, scene.light)
        plain: Fidelity = each.plain
        numbers = {
            "psnr_db": plain.psnr_db, "corrected_db": each.corrected.psnr_db, "ssim": plain.ssim,
            "bias": each.bias, "dark_db": each.band_psnr_db[0], "bright_db": each.band_psnr_db[-1],
        }  # fmt: skip
        for name, number in numbers.items():
            rounded = None if number is None else round(float(number), DIGITS)
            found.setdefault(name, []).append(rounded)
    pixels = [4 * s.light.shape[-1] * s.light.shape[-2] for s, _ in pairs(data, case)]
    per_mp = [s / p * 1e6 for s, p in zip(seconds, pixels, strict=True)]
    return found | {"cpu_s_per_mp": round(float(np.median(per_mp)), 4)}


def mean(result: Mapping[str, Any], name: str = "psnr_db") -> float:
    """Mean over the scenes that have the number."""
    return fmean(value for value in result[name] if value is not None)


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of a mean difference; scenes, and runs of other seeds, are drawn again."""
    numbers = torch.tensor(differences, dtype=torch.float64)
    draws = Draws(seed=0, effect=Effect.NETWORK, sensor="bootstrap")
    places = (uniform(draws.words(REPEATS, len(numbers)))[0, 0] * len(numbers)).long()
    means = numbers[places.clamp(max=len(numbers) - 1)].mean(dim=1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high
