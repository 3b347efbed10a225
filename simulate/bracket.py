"""An exposure bracket: one scene at several exposure times, each with its own photons."""

from collections.abc import Sequence

from isp.core.frame import Frame
from isp.core.shot import Shot
from simulate.sensor import Sensor
from simulate.sequence import STILL, Expose, Exposed, Motion, base_shot, evenly, sequence


def bracket(
    sensor: Sensor,
    source: Frame,
    shot: Shot | None,
    evs: Sequence[float],
    seed: int,
    *,
    jitter_percent: float = 0.0,
    motion: Motion = STILL,
    frame_period_s: float | None = None,
    coupled: bool = False,
    expose: Expose | None = None,
    origin: tuple[int, int] = (0, 0),
) -> list[Exposed]:
    """RAW frame and truth at each EV: exposure time t 2^EV, f-number and ISO constant.

    source: SCENE with the shot at 0 EV, or EXPECTED with None (its own shot is at 0 EV).
    evs: stops, in the order of taking; frame k has the shot's frame number + k, so that no two
        share their photons, and no draw is rescaled.
    jitter_percent: by how much shutters miss, a log-normal factor (see `jittered`). The shot keeps
        the nominal time; the truth and the history have the true one.
    motion: of hand and objects, SCENE only; an object's speed counts in frame periods.
    frame_period_s: from start to start, by default the longest exposure.
    coupled: common random numbers, see `sequence`.

    Raises FrameError, DomainError.

    Source: CONVENTIONS section 5.1 (a bracket's ratio is 2^dEV by time alone, each draws anew).
    """
    base = base_shot(source, shot)
    factors = [2.0**ev for ev in evs]
    starts, period = evenly(base, factors, frame_period_s)
    return sequence(
        sensor, source, base, factors, starts, period, seed, step="bracket",
        jitter_percent=jitter_percent, motion=motion, coupled=coupled, expose=expose,
        origin=origin,
    )  # fmt: skip
