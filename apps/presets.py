"""Presets: recipes that ship, by name."""

from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.pipeline import Pipeline

NAMES = ("srgb", "hdr_linear")


def preset(name: str, cfa: Cfa) -> Recipe:
    """Return a preset for a sensor's pattern.

    `srgb` ends in an sRGB picture, without a tone curve unless one is chosen; `hdr_linear` ends
    in linear BT.2020, 1.0 = green at white level after white balance. Both brighten by what the
    file asks for (BaselineExposure) unless `exposure.baseline` is False. Bayer sensors take
    Malvar 2004, other patterns bilinear; a monochrome one has no balance to set.

    Raises UsageError for an unknown name.
    """
    if name not in NAMES:
        raise UsageError(f'no preset is named "{name}"; presets: {", ".join(NAMES)}')
    names = ["black_level", "defects", "white_balance", "highlights", "demosaic", "colour_matrix"]
    if cfa.channels == ("Y",):
        names.remove("white_balance")
    if name == "srgb":
        names += ["exposure", "tone", "encode"]
    else:
        names += ["exposure"]
    chosen = {"demosaic": "malvar2004" if cfa.is_bayer else "bilinear", "tone": "none"}
    return Recipe(steps=tuple(Step(name=n, stage=chosen.get(n, n)) for n in names))


def presets(name: str, cfa: Cfa) -> Pipeline:
    """Return a preset's pipeline, ready to develop, tap or change.

    >>> presets("srgb", Cfa.RGGB).names[:3]
    ('black_level', 'defects', 'white_balance')
    """
    return preset(name, cfa).build(cfa)
