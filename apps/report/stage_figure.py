"""Figures of a stage: the same frame developed in several ways, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from apps.recipes import Recipe, Step
from apps.report.effect_figure import panels
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.transfer import ENCODERS

BASE = ("black_level", "defects", "white_balance", "highlights", "malvar2004", "colour_matrix",
        "exposure", "filmic", "encode")  # fmt: skip
Crop = tuple[int, int, int, int]  # first row, end, first column, end
Settings = Mapping[str, Mapping[str, Any]]
Variants = Mapping[str, tuple[Sequence[str], Settings]]  # by title: stages, and how they are set


def developed(
    frame: Frame, stages: Sequence[str] = BASE, settings: Settings | None = None
) -> Frame:
    """The frame after these stages, each at its defaults but for the settings."""
    settings = {"exposure": {"ev": 1.0}} | dict(settings or {})
    steps = [Step(name=s, stage=s, settings=settings.get(s, {})) for s in stages]
    cfa = frame.need_profile().cfa
    return Recipe(steps=tuple(steps)).build(cfa).starting_at(frame.domain).develop(frame)


def seen(frame: Frame, crop: Crop) -> Tensor:
    """A region for the eye, (h, w, 3) or (h, w): light that has no codes yet is encoded."""
    top, end, left, right = crop
    data = frame.data[0, :, top:end, left:right]
    if frame.domain is not Domain.SDR:
        data = ENCODERS["srgb"](data.clamp(0, 1))
    return data.permute(1, 2, 0).squeeze(-1)


def compared(frame: Frame, crop: Crop, variants: Variants, size: float) -> Figure:
    """The frame developed in several ways, side by side."""
    maps = [seen(developed(frame, stages, how), crop) for stages, how in variants.values()]
    return panels(list(variants), maps, (0, 1), size)


def with_and_without(
    stage: str, before: str, frame: Frame, crop: Crop, size: float = 4.0,
    titles: tuple[str, str] = ("without", "with"), **settings: Any,
) -> Figure:  # fmt: skip
    """A stage put before another of the common ones, and left out."""
    place = BASE.index(before)
    longer = (*BASE[:place], stage, *BASE[place:])
    variants: Variants = {titles[0]: (BASE, {}), titles[1]: (longer, {stage: settings})}
    return compared(frame, crop, variants, size)


def swapped(old: str, stages: Sequence[str], frame: Frame, crop: Crop, size: float) -> Figure:
    """Several stages in the place of a common one."""
    variants: Variants = {s: ([s if b == old else b for b in BASE], {}) for s in stages}
    return compared(frame, crop, variants, size)


def settings_of(
    stage: str, choices: Mapping[str, Mapping[str, Any]], frame: Frame, crop: Crop, size: float
) -> Figure:
    """One common stage at several settings."""
    variants: Variants = {title: (BASE, {stage: how}) for title, how in choices.items()}
    return compared(frame, crop, variants, size)


def up_to(names: Sequence[str], frame: Frame, crop: Crop, size: float = 4.0) -> Figure:
    """The frame as common stages leave it."""
    maps = [seen(developed(frame, BASE[: BASE.index(n) + 1]), crop) for n in names]
    return panels([f"after {n}" for n in names], maps, (0, 1), size)
