"""Exposures and what agrees by them: stated exposures that few samples bear out are measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jaxtyping import Bool
from torch import Tensor

from isp.core.errors import CalibrationError
from isp.core.frame import Frame
from isp.merge.exposures import Exposures, exposures_of
from isp.merge.ghosts import Consistency, consistent, every_sample
from isp.merge.observation import Observation
from isp.merge.saturation import believable

THROWN_AWAY = 0.15  # of a frame's samples well inside its range
CLEARLY = 0.5  # of what was contradicted: all that measured exposures may leave of it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreed:
    """A bracket at its exposures, which samples may be used, and which of them agree."""

    exposures: Exposures
    bracket: list[Observation]
    believed: list[Bool[Tensor, "b 1 h w"]]
    consistency: Consistency


def agreed_exposures(
    frames: Sequence[Frame],
    bracket: Sequence[Observation],
    reference: int,
    given: Sequence[float] | None,
    *,
    measure: bool | None,
    noted_by: str,
    deghost: bool,
    false_rejections: float,
) -> Agreed:
    """Exposures of the frames, and what agrees by them.

    measure: whether to take measured exposures, see `exposures_of`. None leaves it to the frames:
        where by the noted exposures over THROWN_AWAY of a frame's samples (of pictures, those
        neither near the floor nor near clipping) contradict the others, those that the frames show
        are taken, if they leave less than CLEARLY of that.
    deghost, false_rejections: as in `isp.merge.bracket.merge`; the question of exposures is put to
        what deghosting would do, whether or not it is done.

    Metadata that lie make stated exposures contradict the frames, and so does, of pictures, a
    response that was only assumed: in both cases the ratios that the frames show are those by
    which they fit each other.

    Raises as `exposures_of` does.
    """
    leaves_it = measure is None

    def at(light: Exposures) -> Agreed:
        exposed = [seen.exposed(light.used[:, i]) for i, seen in enumerate(bracket)]
        believed = believable(exposed)
        fitted = light.source == "measured"
        judged = (
            consistent(exposed, believed, reference, false_rejections, fitted=fitted)
            if deghost or leaves_it
            else every_sample(believed)
        )
        return Agreed(exposures=light, bracket=exposed, believed=believed, consistency=judged)

    def ghosts_kept(agreed: Agreed) -> Agreed:
        return agreed if deghost else replace(agreed, consistency=every_sample(agreed.believed))

    light = exposures_of(
        frames, bracket, reference, given, measure=bool(measure), noted_by=noted_by
    )
    stated = at(light)
    contradicted = stated.consistency.contradicted
    if not leaves_it or light.source == "measured" or max(contradicted) <= THROWN_AWAY:
        return ghosts_kept(stated)
    try:
        found = exposures_of(frames, bracket, reference, given, measure=True, noted_by=noted_by)
    except CalibrationError:
        return ghosts_kept(stated)  # frames that show no ratio keep what was said of them
    mended = at(replace(found, thrown_away=contradicted))
    better = max(mended.consistency.contradicted) < CLEARLY * max(contradicted)
    return ghosts_kept(mended if better else stated)
