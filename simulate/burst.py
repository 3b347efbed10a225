"""A burst: the same exposure again and again, from a hand that shakes."""

from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from simulate.sensor import Sensor
from simulate.sequence import STILL, Expose, Exposed, Motion, base_shot, evenly, sequence


def burst(
    sensor: Sensor,
    source: Frame,
    shot: Shot | None,
    frames: int,
    seed: int,
    *,
    motion: Motion = STILL,
    frame_period_s: float | None = None,
    expose: Expose | None = None,
    origin: tuple[int, int] = (0, 0),
) -> list[Exposed]:
    """RAW frame and truth of each of `frames` equal exposures, each with its own noise.

    The first frame is not moved; a longer burst begins with the frames of a shorter one. What
    belongs to the body (fixed patterns) stays, and flicker over frames (RTS) follows the frames'
    numbers.
    source, motion, frame_period_s, expose, origin: see `bracket`.

    Raises FrameError, DomainError.
    """
    if frames < 1:
        raise FrameError(f"a burst has at least 1 frame, but {frames} came")
    base = base_shot(source, shot)
    factors = [1.0] * frames
    starts, period = evenly(base, factors, frame_period_s)
    return sequence(
        sensor, source, base, factors, starts, period, seed, step="burst", motion=motion,
        expose=expose, origin=origin,
    )  # fmt: skip
