"""Recipes: the table of our own stages, and pipelines written down as data."""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.accepted_settings import check_setting
from apps.installed_stages import installed_names, installed_stage
from apps.recipe_tables import FILES, check_table
from enhance.denoiser import ExposureDiffusion
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.pipeline import Pipeline
from isp.core.quantise import Quantised
from isp.core.stage import Stage
from isp.stages.black_level import BlackLevel
from isp.stages.chroma_denoise import ChromaDenoise
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.defects import Defects
from isp.stages.demosaic.bilinear import BilinearDemosaic
from isp.stages.demosaic.directional_mmse import DirectionalMmseDemosaic
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from isp.stages.demosaic.malvar2004 import MalvarDemosaic
from isp.stages.demosaic.menon2007 import MenonDemosaic
from isp.stages.demosaic.quad_bayer import QuadRemosaic
from isp.stages.denoise import Denoise
from isp.stages.dynamic_defects import DynamicDefects
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.lens_distortion import LensDistortion
from isp.stages.lens_shading import LensShading
from isp.stages.linearize import Linearize
from isp.stages.look import Look
from isp.stages.lut3d import Lut3d
from isp.stages.opcodes import OpcodesCamera, OpcodesMosaic
from isp.stages.rebuild_highlights import RebuildHighlights
from isp.stages.root_polynomial import RootPolynomial
from isp.stages.sharpen import Sharpen
from isp.stages.tone.agx import AgxTone
from isp.stages.tone.durand2002 import DurandTone
from isp.stages.tone.filmic import FilmicTone
from isp.stages.tone.local_laplacian import LocalLaplacianTone
from isp.stages.tone.none import NoTone
from isp.stages.tone.reinhard2002 import ReinhardTone
from isp.stages.tone.reinhard_devlin2005 import ReinhardDevlinTone
from isp.stages.white_balance import WhiteBalance

FORMAT_VERSION = 1
OUTPUT_VERSION = 2  # of a recipe that says how its output was written
ROUNDING = {"bits", "headroom"}  # what any step may be set to, whatever its stage

STAGES: dict[str, type[Stage]] = {
    "linearize": Linearize,
    "black_level": BlackLevel,
    "defects": Defects,
    "opcodes_mosaic": OpcodesMosaic,
    "lens_shading": LensShading,
    "dynamic_defects": DynamicDefects,
    "denoise": Denoise,
    "exposure_diffusion": ExposureDiffusion,
    "white_balance": WhiteBalance,
    "quad_remosaic": QuadRemosaic,
    "bilinear": BilinearDemosaic,
    "malvar2004": MalvarDemosaic,
    "menon2007": MenonDemosaic,
    "gbtf_root": GbtfRootDemosaic,
    "directional_mmse": DirectionalMmseDemosaic,
    "highlights": Highlights,
    "opcodes_camera": OpcodesCamera,
    "lens_distortion": LensDistortion,
    "rebuild_highlights": RebuildHighlights,
    "colour_matrix": ColourMatrix,
    "root_polynomial": RootPolynomial,
    "chroma_denoise": ChromaDenoise,
    "sharpen": Sharpen,
    "exposure": Exposure,
    "none": NoTone,
    "reinhard2002": ReinhardTone,
    "reinhard_devlin2005": ReinhardDevlinTone,
    "durand2002": DurandTone,
    "local_laplacian": LocalLaplacianTone,
    "filmic": FilmicTone,
    "lut3d": Lut3d,
    "agx": AgxTone,
    "encode": Encode,
    "look": Look,
}
HIGHLIGHTS = {"cut": "highlights", "rebuild": "rebuild_highlights"}
TONES = (
    "none", "reinhard2002", "reinhard_devlin2005", "durand2002", "local_laplacian", "filmic", "agx",
)  # fmt: skip
DEMOSAICS = ("bilinear", "malvar2004", "menon2007", "gbtf_root", "directional_mmse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a recipe: its name in the pipeline, which stage it is, how it is set.

    bits: what its output is rounded to, None for not at all; headroom: see `Quantised`.
    table_sha256: in a resolved recipe, of the table or weights that were used: others are refused.
    asked: in a resolved recipe, by setting, the word that its value answers.
    """

    name: str
    stage: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    bits: int | None = None
    headroom: float = 1.0
    table_sha256: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The step as plain values, without what says nothing."""
        said: dict[str, Any] = {"name": self.name, "stage": self.stage}
        said["settings"] = dict(self.settings)
        if self.bits is not None:
            said |= {"bits": self.bits, "headroom": self.headroom}
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A pipeline as data: what `--recipe` reads and what is written beside an output.

    slots: the --stage options of the run that it was resolved from. A recipe runs no code of its
        own, so they have to be passed again. slot_settings: of their stages, by name.
    camera: whose numbers that run took where its file said none, a name or a file.
    source: name of the input that the recipe was resolved for.
    output: how the output of that run was written, see `apps.recipe_output`.
    """

    steps: tuple[Step, ...]
    format_version: int = FORMAT_VERSION
    slots: tuple[str, ...] = ()
    slot_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    camera: str | None = None
    source: str | None = None
    output: Mapping[str, Any] = field(default_factory=dict)

    def set(self, name: str, **settings: Any) -> "Recipe":
        """Return the recipe with settings of one step changed.

        `bits` and `headroom` are the step's own: what its output is rounded to.

        Raises UsageError for a step that is not there, and for bits that are no number of bits.
        """
        self._need(name)
        own = {key: _rounding(name, key, settings.pop(key)) for key in ROUNDING & settings.keys()}
        if settings.keys() & set(FILES.values()):
            own["table_sha256"] = None
        steps = tuple(
            replace(
                s, settings={**s.settings, **settings},
                asked={n: word for n, word in s.asked.items() if n not in settings}, **own,
            ) if s.name == name else s
            for s in self.steps
        )  # fmt: skip
        return replace(self, steps=steps)

    def choose(self, name: str, stage: str) -> "Recipe":
        """Return the recipe with another of our stages under a step's name, at its defaults."""
        self._need(name)
        steps = tuple(
            replace(s, stage=stage, settings={}, asked={}, table_sha256=None)
            if s.name == name
            else s
            for s in self.steps
        )
        return replace(self, steps=steps)

    def applied_to(self, source: str | None) -> "Recipe":
        """Return the recipe for an input: of another one its values answer no word."""
        if source is not None and source == self.source:
            return self
        return replace(self, steps=tuple(replace(s, asked={}) for s in self.steps))

    def until(self, name: str) -> "Recipe":
        """Return the recipe cut after a step."""
        self._need(name)
        last = [s.name for s in self.steps].index(name)
        return replace(self, steps=self.steps[: last + 1])

    def after(self, name: str, step: Step) -> "Recipe":
        """Return the recipe with a step put in behind another."""
        self._need(name)
        place = [s.name for s in self.steps].index(name) + 1
        return replace(self, steps=(*self.steps[:place], step, *self.steps[place:]))

    def without(self, name: str) -> "Recipe":
        """Return the recipe without a step."""
        self._need(name)
        return replace(self, steps=tuple(s for s in self.steps if s.name != name))

    def then(self, step: Step) -> "Recipe":
        """Return the recipe with a step added at its end."""
        return replace(self, steps=(*self.steps, step))

    def build(self, cfa: Cfa) -> Pipeline:
        """Make the pipeline for a sensor's pattern.

        A stage with a `cfa_out` gives another pattern: the stages after it are made for that one.

        Raises UsageError for an unknown stage or setting.
        """
        stages: list[tuple[str, Stage]] = []
        for step in self.steps:
            stage = _make(step, cfa)
            cfa = getattr(stage, "cfa_out", cfa)
            stages.append((step.name, stage))
        return Pipeline(*stages)

    def as_json(self) -> str:
        """The recipe as JSON text, which `read_recipe` reads again."""
        slots: dict[str, Any] = {"slots": list(self.slots)} if self.slots else {}
        steps = [step.record() for step in self.steps]
        return json.dumps({"format_version": self.format_version, "steps": steps} | slots, indent=1)

    def _need(self, name: str) -> None:
        names = [s.name for s in self.steps]
        if name not in names:
            raise UsageError(f'no stage is named "{name}"; stages: {", ".join(names)}')


def stage_named(name: str) -> type[Stage] | None:
    """Return one of our stages, or one that an installed package brings, by name; else None.

    Raises UsageError or MissingError where a package's stage cannot be had.
    """
    return STAGES.get(name) or installed_stage(name)


def make(cls: type[Stage], cfa: Cfa, settings: Mapping[str, Any]) -> Stage:
    """Make a stage, handing it the pattern when its constructor takes `cfa`.

    Raises UsageError naming the settings it takes when one is unknown.
    """
    accepted = inspect.signature(cls).parameters
    named = [n for n, p in accepted.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    unknown = sorted(set(settings) - set(named) | set(settings) & {"cfa"})
    if unknown:
        takes = ", ".join(n for n in named if n != "cfa") or "no settings"
        raise UsageError(f"{cls.__name__} has no {', '.join(unknown)}; it takes {takes}")
    for name, value in settings.items():
        check_setting(f"{cls.__name__}.{name}", value, accepted[name].annotation)
    pattern = {"cfa": cfa} if "cfa" in named else {}
    try:
        return cls(**settings, **pattern)
    except TypeError as error:
        raise UsageError(f"{cls.__name__} cannot be made: {error}") from error


def _rounding(stage: str, key: str, value: Any) -> Any:
    """Bits or headroom of a step, which `Quantised` judges; None takes them away."""
    fits = isinstance(value, int if key == "bits" else int | float) and not isinstance(value, bool)
    if not fits and not (key == "bits" and value is None):
        wanted = "a whole number" if key == "bits" else "a number"
        raise UsageError(f"{stage}.{key} takes {wanted}, not {value!r}")
    return value


def _make(step: Step, cfa: Cfa) -> Stage:
    cls = stage_named(step.stage)
    if cls is None:
        known = ", ".join([*STAGES, *installed_names()])
        raise UsageError(f'no stage "{step.stage}"; stages: {known}')
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in step.settings.items()}
    stage = make(cls, cfa, settings)
    if step.asked:
        make(cls, cfa, {**settings, **step.asked})  # refuses words that it could not have answered
        stage.answers = step.asked
    if step.table_sha256 is not None:
        file = settings.get(FILES.get(step.stage, "file"))
        check_table(stage, step.name, file, step.table_sha256)
    return stage if step.bits is None else Quantised(stage, step.bits, step.headroom)
