"""Several exposures of one scene, each with photons, noise and truth of its own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.rng import Draws, Effect, normal
from isp.core.shot import Shot
from simulate.motion import HandShake, MovingObject, moved, wander, with_objects
from simulate.sensor import Sensor

Expose = Callable[[Frame, Shot], Frame]
NO_SHAKE = HandShake()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What really happened in one exposure.

    expected: mean photo-electrons, without any noise (EXPECTED). collected: what the wells held
        (ELECTRONS). Both carry the true exposure time.
    measured: where the DN can be believed. moving: where a moving object hid any of the scene.
    exposure_factor: true over nominal exposure. exposure_time_s: the true one. start_s: after the
        start of the first exposure.
    pose: of the camera against the first exposure: down, right in px, counter-clockwise degrees.
    """

    expected: Frame
    collected: Frame
    measured: Bool[Tensor, "b 1 h w"]
    moving: Bool[Tensor, "b 1 h w"]
    exposure_factor: Float[Tensor, "b"]
    exposure_time_s: Float[Tensor, "b"]
    start_s: Float[Tensor, "b"]
    pose: Float[Tensor, "b 3"]


Exposed = tuple[Frame, Truth]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """What moves between the exposures, and during one.

    blur_samples: places that a moving object takes during one exposure; 1 is no motion blur.
    """

    shake: HandShake = NO_SHAKE
    objects: tuple[MovingObject, ...] = ()
    blur_samples: int = 1

    def __post_init__(self) -> None:
        """Check the number of places."""
        if self.blur_samples < 1:
            raise FrameError(f"blur_samples is at least 1, but {self.blur_samples} came")

    @property
    def is_still(self) -> bool:
        """Whether nothing moves."""
        return not self.objects and self.shake == NO_SHAKE


STILL = Motion()


def base_shot(source: Frame, shot: Shot | None) -> Shot:
    """The shot whose exposure time factor 1 means, one row per image.

    Raises FrameError without an exposure time, without a shot for a SCENE, or with one for an
    EXPECTED frame, whose electrons belong to its own; DomainError for another domain.
    """
    if source.domain not in (Domain.SCENE, Domain.EXPECTED):
        raise DomainError(
            f"exposures are made of SCENE or EXPECTED, but the frame is {source.domain.name}"
        )
    if (shot is None) is (source.domain is Domain.SCENE):
        raise FrameError("a SCENE needs a shot, and an EXPECTED frame has its own: pass None")
    base = (shot or source.shot).for_batch(source.data.shape[0]).to(source.data.device)
    base.need("exposure_time_s")
    return base


def jittered(percent: float, seed: int, sensor: str, shot: Shot) -> Float[Tensor, "b"]:
    """True over nominal exposure of each image: log-normal, median 1.

    percent: standard deviation of its natural logarithm, in hundredths. Keyed by
        Effect.EXPOSURE_JITTER and the frame's number.
    """
    draws = Draws.temporal(seed, Effect.EXPOSURE_JITTER, sensor, shot)
    return torch.exp(percent / 100 * normal(draws.per_frame(shot.item.device)).reshape(-1))


def sequence(
    sensor: Sensor,
    source: Frame,
    base: Shot,
    factors: Sequence[float],
    starts_s: Float[Tensor, "n b"],
    frame_period_s: Float[Tensor, "b"],
    seed: int,
    *,
    step: str,
    jitter_percent: float = 0.0,
    motion: Motion = STILL,
    coupled: bool = False,
    expose: Expose | None = None,
    origin: tuple[int, int] = (0, 0),
) -> list[Exposed]:
    """Expose a SCENE or EXPECTED frame once per factor; a RAW frame and its truth for each.

    base: see `base_shot`. factors: exposure times over the base's; N constant.
    starts_s: of each exposure. frame_period_s: what the speed of a moving object counts in.
    step: name in the history. coupled: all draw the same photons' words, so that a longer exposure
        never collects less; each by itself has the right law, together they have not.
    expose: light to expected electrons, by default `sensor.expose`.
    origin: sensor row and column of an EXPECTED frame's first photosite, for tiles.

    Raises FrameError, DomainError.
    """
    is_scene = source.domain is Domain.SCENE
    if not is_scene and not motion.is_still:
        raise DomainError("things move in SCENE light, but the frame is EXPECTED already")
    if is_scene and origin != (0, 0):
        raise FrameError("tiles are made of EXPECTED; a SCENE is exposed as a whole")
    if not factors or not all(math.isfinite(f) and f > 0 for f in factors):
        raise FrameError(f"exposure factors are positive numbers, but {list(factors)} came")
    time = base.need("exposure_time_s").double()
    poses = wander(motion.shake, len(factors), seed, sensor.profile.name, base).to(time.device)
    results = []
    for k, factor in enumerate(factors):
        numbered = replace(base, frame_number=base.frame_number + k)
        gain = jittered(jitter_percent, seed, sensor.profile.name, numbered)
        true_time = (time * factor * gain).float()
        shot = replace(numbered, exposure_time_s=true_time)
        moving = torch.zeros_like(source.measured[:, :1])
        if is_scene:
            light, moving = _seen(
                source, motion, poses[k], starts_s[k] / frame_period_s,
                time * factor / frame_period_s,
            )  # fmt: skip
            expected = (expose or sensor.expose)(light, shot)
        else:
            scaled = source.data.double() * (factor * gain).reshape(-1, 1, 1, 1)
            expected = replace(source, data=scaled.float(), shot=shot)
        first = base.frame_number if coupled else numbered.frame_number
        drawn = replace(expected, shot=replace(expected.shot, frame_number=first))
        collected = sensor.collect(drawn, seed, origin)
        collected = replace(
            collected, shot=replace(collected.shot, frame_number=numbered.frame_number)
        )
        note = {
            "frame": k,
            "ev": math.log2(factor),
            "exposure_factor": gain.tolist(),
            "true_exposure_time_s": true_time.tolist(),
            "start_s": starts_s[k].tolist(),
            "pose": poses[k].tolist(),
            "coupled": coupled,
        }
        raw = sensor.read_out(collected, seed, origin)
        nominal = replace(raw.shot, exposure_time_s=(time * factor).float())
        raw = raw.advance(step, note, shot=nominal)
        if moving.shape != raw.measured.shape:  # a lens between: both show the same field
            moving = adaptive_max_pool2d(moving.float(), raw.size) > 0
        truth = Truth(
            expected=expected, collected=collected, measured=raw.measured, moving=moving,
            exposure_factor=gain, exposure_time_s=true_time, start_s=starts_s[k], pose=poses[k],
        )  # fmt: skip
        results.append((raw, truth))
    return results


def evenly(
    base: Shot, factors: Sequence[float], frame_period_s: float | None
) -> tuple[Float[Tensor, "n b"], Float[Tensor, "b"]]:
    """Starts of exposures that follow each other in one period, and the period, s.

    frame_period_s: None takes each image's longest exposure.

    Raises FrameError for a period shorter than an exposure.
    """
    time = base.need("exposure_time_s").double()
    longest = time * max(factors, default=1.0)
    period = longest if frame_period_s is None else torch.full_like(time, frame_period_s)
    if bool((period < longest * (1 - 1e-6)).any()):
        raise FrameError(
            f"a frame period of {frame_period_s} s is shorter than the longest exposure, "
            f"{float(longest.max()):g} s"
        )
    order = torch.arange(len(factors), dtype=torch.float64, device=time.device)
    return order.reshape(-1, 1) * period, period


def _seen(
    scene: Frame, motion: Motion, pose: Tensor, start: Tensor, duration: Tensor
) -> tuple[Frame, Tensor]:
    """The scene with its objects, from the camera's pose; and where objects are."""
    light, moving = with_objects(scene, motion.objects, start, duration, motion.blur_samples)
    return moved(light, moving, pose)
