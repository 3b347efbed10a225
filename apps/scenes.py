"""Built-in scenes by name, as frames; `scene:NAME?parameter=value&...` on the command line."""

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from simulate.scenes.colour_checker import colour_checker
from simulate.scenes.dead_leaves import dead_leaves
from simulate.scenes.flat import dark, flat
from simulate.scenes.interior import interior
from simulate.scenes.oecf import oecf
from simulate.scenes.region import ANCHOR_CD_M2
from simulate.scenes.siemens_star import siemens_star
from simulate.scenes.sine_grating import sine_grating
from simulate.scenes.slanted_edge import slanted_edge

PREFIX = "scene:"
NO = ("0", "no", "false")
YES = ("1", "yes", "true")


def _spectral(
    height: int = 640, width: int = 960, *, illuminant: str = "D65", luminance: float = 100.0
) -> Frame:
    from simulate.scenes.spectral_checker import spectral_checker  # spectra: only where asked

    return spectral_checker(height, width, illuminant, luminance)


# Each takes height and width, and by keyword what the user may set; it returns linear BT.709
# (h, w, 3) at 1.0 = ANCHOR_CD_M2, or a frame.
SCENES: dict[str, Callable[..., Any]] = {
    "interior": interior,
    "colorchecker": colour_checker,
    "colorchecker-spectral": _spectral,
    "oecf": oecf,
    "slanted-edge": slanted_edge,
    "siemens": siemens_star,
    "sine-grating": sine_grating,
    "dead-leaves": dead_leaves,
    "flat": flat,
    "dark": dark,
}

# Parameters that count pixels, and the power of length in them.
IN_PIXELS: dict[str, dict[str, int]] = {
    "dead-leaves": {"min_radius": 1, "max_radius": 1},
    "sine-grating": {"frequency": -1},
}


def scene(
    name: str = "interior",
    height: int | None = None,
    width: int | None = None,
    *,
    finer: int = 1,
) -> Frame:
    """Render a built-in scene as a SCENE frame: linear BT.709, 1.0 = 100 cd/m2, or spectral.

    name: of SCENES, and after a question mark its parameters: `slanted-edge?angle=5&contrast=4`.
    height, width: pixels to render, the scene's own without.
    finer: rendered pixels along a pixel that parameters in pixels mean; the history has the
        numbers that were rendered.

    Raises UsageError for an unknown name or parameter, or a value of the wrong kind or range.
    """
    name, _, query = name.partition("?")
    if name not in SCENES:
        raise UsageError(f'no built-in scene "{name}"; scenes: {", ".join(SCENES)}')
    render = SCENES[name]
    own = inspect.signature(render).parameters
    height = own["height"].default if height is None else height
    width = own["width"].default if width is None else width
    parameters = _parameters(name, query)
    for key, power in IN_PIXELS.get(name, {}).items() if finer > 1 else ():
        value = parameters.get(key, own[key].default)
        if value is not None:
            parameters[key] = value * finer**power
    light = render(height, width, **parameters)
    step = ("scene", {"name": name, "height": height, "width": width, **parameters})
    if isinstance(light, Frame):
        return replace(light, history=(step,))
    pixels = np.ascontiguousarray(np.moveaxis(light, -1, 0))
    colour = Colour(primaries=PRIMARIES["bt709"], anchor_cd_m2=ANCHOR_CD_M2)
    return Frame.start(torch.from_numpy(pixels)[None], Domain.SCENE, colour=colour, history=(step,))


def scene_parameters(name: str) -> dict[str, inspect.Parameter]:
    """What a scene's user may set: the keyword parameters of its function, by name."""
    parameters = inspect.signature(SCENES[name]).parameters
    return {k: p for k, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def _parameters(name: str, query: str) -> dict[str, Any]:
    """Values of `parameter=value&...`, each of the kind its scene asks for."""
    known = scene_parameters(name)
    values: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        key, equals, text = part.partition("=")
        if key not in known:
            allowed = ", ".join(known) or "none"
            raise UsageError(f'scene "{name}" has no parameter "{key}"; it has: {allowed}')
        if not equals or key in values:
            raise UsageError(f'scene "{name}" takes each parameter once, as {key}=VALUE')
        values[key] = _value(name, key, text, known[key].annotation)
    return values


def _value(name: str, key: str, text: str, annotation: Any) -> Any:
    """One value; X | None asks for an X."""
    kind = next((part for part in get_args(annotation) if part is not type(None)), annotation)
    if kind is bool:
        if text.lower() not in NO + YES:
            raise UsageError(f'scene "{name}": {key} is yes or no, not "{text}"')
        return text.lower() in YES
    if kind is str:
        return text
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        number = "a whole number" if kind is int else "a number"
        raise UsageError(f'scene "{name}": {key} is {number}, not "{text}"')
    return value
