"""Presets: recipes that ship, by name."""

from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.pipeline import Pipeline

NAMES = ("srgb", "srgb_fast", "hdr_linear", "lowlight")
ANY_PATTERN = ("bilinear", "directional_mmse")  # demosaics that need no Bayer pattern
QUAD_BAYER = (Cfa.QUAD_RGGB,)


def preset(name: str, cfa: Cfa) -> Recipe:
    """Return a preset for a sensor's pattern.

    `srgb` ends in an sRGB picture, without a tone curve unless one is chosen; `srgb_fast` is the
    same by a simpler demosaic; `hdr_linear` ends in linear BT.2020, 1.0 = green at white level
    after white balance; `lowlight` is `srgb` with the trained raw denoiser on the mosaic of a Bayer
    sensor, as bright as it came. All brighten by what the file asks for (BaselineExposure) unless
    `exposure.baseline` is False. A monochrome sensor has no balance to set.

    Raises UsageError for an unknown name.
    """
    if name not in NAMES:
        raise UsageError(f'no preset is named "{name}"; presets: {", ".join(NAMES)}')
    names = [
        "black_level", "defects", "white_balance", "highlights", "quad_remosaic", "demosaic",
        "colour_matrix", "exposure",
    ]  # fmt: skip
    if name == "lowlight":
        names.insert(names.index("white_balance"), "exposure_diffusion")
    if cfa.channels == ("Y",):
        names.remove("white_balance")
    if name != "hdr_linear":
        names += ["tone", "encode"]
    chosen = {"demosaic": best_demosaic(cfa), "tone": "none"}
    recipe = Recipe(steps=tuple(Step(name=n, stage=chosen.get(n, n)) for n in names))
    if cfa not in QUAD_BAYER:
        recipe = recipe.without("quad_remosaic")
    return with_demosaic(recipe, fast_demosaic(cfa)) if name == "srgb_fast" else recipe


def best_demosaic(cfa: Cfa) -> str:
    """The one nearest to the photographs of docs/demosaic.md, after `quad_remosaic` if there is."""
    if cfa.is_bayer or cfa in QUAD_BAYER:
        return "gbtf_root"
    return "directional_mmse" if cfa == Cfa.XTRANS else "bilinear"


def fast_demosaic(cfa: Cfa) -> str:
    """The one of least time that is still sharp."""
    return "malvar2004" if cfa.is_bayer else "bilinear"


def with_demosaic(recipe: Recipe, demosaic: str) -> Recipe:
    """Return a preset with another demosaic; one for any pattern goes without `quad_remosaic`."""
    recipe = recipe.choose("demosaic", demosaic)
    remosaics = "quad_remosaic" in [step.name for step in recipe.steps]
    return recipe.without("quad_remosaic") if remosaics and demosaic in ANY_PATTERN else recipe


def presets(name: str, cfa: Cfa) -> Pipeline:
    """Return a preset's pipeline, ready to develop, tap or change.

    >>> presets("srgb", Cfa.RGGB).names[:3]
    ('black_level', 'defects', 'white_balance')
    """
    return preset(name, cfa).build(cfa)
