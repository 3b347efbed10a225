"""Which stages of a pipeline run as one: the plan that `fuse` makes."""

from collections.abc import Callable, Sequence

from isp.core.cfa import Cfa
from isp.core.pipeline import NamedStage, Pipeline
from isp.core.stage import Stage
from isp.fused.curves import TRANSFERS
from isp.fused.development import FusedDevelopment
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.defects import Defects
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from isp.stages.demosaic.malvar2004 import MalvarDemosaic
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.tone.filmic import FilmicTone
from isp.stages.tone.none import NoTone
from isp.stages.tone.reinhard2002 import ReinhardTone
from isp.stages.white_balance import WhiteBalance

Known = Callable[[Stage, Cfa], bool]


def _same_pattern(stage: Stage, cfa: Cfa) -> bool:
    return getattr(stage, "cfa", None) == cfa


def _always(stage: Stage, cfa: Cfa) -> bool:
    return True


# In the order in which the kernels do them: place, names of all settings, and further conditions.
# A stage with a setting that is not named here is not known, whatever its value.
KNOWN: dict[type[Stage], tuple[int, set[str], Known]] = {
    BlackLevel: (0, set(), _same_pattern),
    Defects: (1, set(), _same_pattern),
    WhiteBalance: (
        2, {"method"},
        lambda s, cfa: _same_pattern(s, cfa) and s.settings()["method"] in ("as_shot", "given"),
    ),
    Highlights: (3, set(), lambda s, _: s.halo == 1),
    MalvarDemosaic: (4, set(), _same_pattern),
    GbtfRootDemosaic: (4, {"toe"}, _same_pattern),
    ColourMatrix: (5, {"target"}, _always),
    Exposure: (6, {"automatic", "baseline"}, lambda s, _: not s.settings()["automatic"]),
    NoTone: (7, set(), _always),
    FilmicTone: (7, {"white"}, _always),
    ReinhardTone: (7, {"white"}, _always),
    Encode: (8, {"space", "transfer"}, lambda s, _: s.settings()["transfer"] in TRANSFERS),
}  # fmt: skip


def fuse(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline with the stages around `malvar2004` or `gbtf_root` as one.

    The run goes as far as stages are known, by their class and settings, and stand in the order
    of `KNOWN`; it takes in the colour matrix at least. It is named by its first and last stage,
    as `black_level..encode`. All else stays as it is: what is estimated (grey world, automatic
    exposure) needs the picture first, and ends a run; so does the value that answers such a word
    in a recipe as it was used, that its picture may come out the same.
    """
    stages = pipeline.stages
    for index, (_, stage) in enumerate(stages):
        if (
            isinstance(stage, MalvarDemosaic | GbtfRootDemosaic)
            and _place(stage, stage.cfa) is not None
        ):
            first, last = _run_around(stages, index, stage.cfa)
            if last == index:
                return pipeline
            run = stages[first : last + 1]
            name = f"{run[0][0]}..{run[-1][0]}"
            fused = FusedDevelopment(tuple(stage for _, stage in run), stage.cfa)
            return Pipeline(*stages[:first], (name, fused), *stages[last + 1 :])
    return pipeline


def _run_around(stages: Sequence[NamedStage], index: int, cfa: Cfa) -> tuple[int, int]:
    """Indices of the first and the last stage of the run."""
    places = [_place(stage, cfa) for _, stage in stages]
    first = last = index
    while first > 0 and _rises(places[first - 1], places[first]):
        first -= 1
    while last + 1 < len(places) and _rises(places[last], places[last + 1]):
        last += 1
    return first, last


def _place(stage: Stage, cfa: Cfa) -> int | None:
    """Where the kernel does what the stage does; None for a stage that it does not know."""
    place, settings, knows = KNOWN.get(type(stage), (None, set(), _always))
    known = place is not None and set(stage.settings()) == settings and knows(stage, cfa)
    return place if known else None


def _rises(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one < other
