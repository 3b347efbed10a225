"""Captures that a calibration asks for, taken with a simulated camera of known numbers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.captures import CaptureSet, Stack
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

BRIGHTEST = 1.25  # of saturation, so that the last levels are saturated
LONGEST_STACK = 1024  # frames
WELL_SHARE = 0.5  # of saturation, where the stack of flats is taken: PRNU1288's level
APART = 0.01  # of saturation: a stack any nearer to a level would count as frames of it
AT_ONCE = 1 << 18  # photosites simulated together
VARIES = ("light", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many captures a session takes.

    levels: exposures from dark to saturation. pair: frames of each. stack: frames of the flats at
    half of saturation, and of the darks. size: height and width, photosites.
    varies: `light` at one exposure time (EMVA's method II), or the exposure `time` under one
        light (method I). dark_pairs: whether there is a pair of darks, too, for each time.
    exposure_time_s: of every capture; where the time varies, the one that saturates.
    """

    levels: int = 50
    pair: int = 2
    stack: int = 32
    size: tuple[int, int] = (512, 512)
    exposure_time_s: float = 0.01
    varies: str = "light"
    dark_pairs: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that make no session.

        Raises UsageError.
        """
        if self.varies not in VARIES:
            raise UsageError(f'a session varies {" or ".join(VARIES)}, not "{self.varies}"')
        for name, least in (("levels", 4), ("pair", 2), ("stack", 2)):
            if getattr(self, name) < least:
                raise UsageError(f"a session has {name} {least} or more, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Frames to be taken alike.

    electrons: mean of a photosite, without dark signal; 0 in the dark. numbers: of the frames,
    which key their noise.
    """

    name: str
    electrons: float
    exposure_time_s: float
    numbers: range

    @property
    def dark(self) -> bool:
        """Whether no light falls."""
        return self.electrons == 0


def plan_for(profile: SensorProfile, iso: float, *, share: float = 0.005) -> Plan:
    """Return a plan whose stacks are long enough for the camera's own dark pattern.

    share: standard error of DSNU wanted, relative. What is left of the read noise in a mean of L
    frames of n photosites a site has a variance known within sigma^2 / L sqrt(2 / n).
    """
    plan = Plan()
    noise = profile.at_iso(torch.tensor([iso]))
    dark_e2 = float(noise.read_noise_e[0] ** 2 + noise.row_noise_e[0] ** 2)
    if not profile.dsnu_e:
        return plan
    sites = plan.size[0] * plan.size[1]
    frames = dark_e2 * math.sqrt(2 / sites) / (2 * share * profile.dsnu_e**2)
    return replace(plan, stack=int(min(max(plan.stack, math.ceil(frames)), LONGEST_STACK)))


def exposures(
    profile: SensorProfile, iso: float, plan: Plan, *, first: int = 0
) -> tuple[Exposure, ...]:
    """Plan the exposures of one ISO; frames are numbered from `first` up."""
    capacity, numbers = saturation_e(profile, iso), first
    made: list[Exposure] = []

    def add(kind: str, share: float, count: int, *, lit: bool) -> None:
        nonlocal numbers
        time = plan.exposure_time_s * (share if plan.varies == "time" else 1.0)
        taken = range(numbers, numbers + count)
        numbers = taken.stop
        made.append(
            Exposure(
                name=f"{kind} ISO {iso:g}",
                electrons=share * capacity if lit else 0.0,
                exposure_time_s=time,
                numbers=taken,
            )
        )

    shares = [float(share) for share in np.linspace(0, BRIGHTEST, plan.levels + 1)[1:]]
    for index, share in enumerate(shares):
        add(f"flat {index}", share, plan.pair, lit=True)
    if plan.dark_pairs:
        for index, share in enumerate(shares if plan.varies == "time" else shares[:1]):
            add(f"dark {index}", share, plan.pair, lit=False)
    half = WELL_SHARE
    if plan.varies == "time" and min(abs(share - half) for share in shares) < APART:
        half += (shares[1] - shares[0]) / 2
    add("flats at half", half, plan.stack, lit=True)
    add("darks", half, plan.stack, lit=False)
    return tuple(made)


def session(
    profile: SensorProfile, iso: float, plan: Plan, *, seed: int = 0, body: int = 0
) -> CaptureSet:
    """Plan the captures of one ISO; each frame is simulated when it is asked for.

    The light falls evenly, and every photosite collects the same mean number of electrons;
    photons are electrons / quantum efficiency (1 where the profile has none). seed: of the
    temporal noise; body: of the fixed patterns.
    """
    sensor = Sensor(profile)

    def stack(exposure: Exposure) -> Stack:
        def frames() -> Iterator[NDArray[np.float32]]:
            for frame in taken(sensor, exposure, iso, plan, seed=seed, body=body):
                yield frame.data[0, 0].numpy()

        return Stack(
            name=exposure.name,
            dark=exposure.dark,
            exposure_time_s=exposure.exposure_time_s,
            iso=iso,
            photons=photons(profile, exposure),
            temperature_c=profile.temperature_c,
            count=len(exposure.numbers),
            frames=frames,
        )

    return CaptureSet(
        camera=profile.name,
        cfa=profile.cfa,
        bit_depth=profile.bit_depth,
        white_level_dn=profile.white_level_dn,
        black_level_dn=profile.black_level_dn,
        stacks=tuple(stack(exposure) for exposure in exposures(profile, iso, plan)),
    )


def photons(profile: SensorProfile, exposure: Exposure) -> float | None:
    """Mean per photosite; None in the dark."""
    return None if exposure.dark else exposure.electrons / (profile.quantum_efficiency or 1.0)


def saturation_e(profile: SensorProfile, iso: float) -> float:
    """Electrons at which the first of well and converter's last code ends."""
    gain = float(profile.at_iso(torch.tensor([iso])).system_gain_dn_per_e[0])
    range_e = (2.0**profile.bit_depth - 1 - max(profile.black_level_dn)) / gain
    return min(range_e, profile.full_well_e or range_e)


def taken(
    sensor: Sensor, exposure: Exposure, iso: float, plan: Plan, *, seed: int, body: int
) -> Iterator[Frame]:
    """Take the frames of an exposure, RAW, one after the other."""
    together = max(1, AT_ONCE // (plan.size[0] * plan.size[1]))
    for start in range(0, len(exposure.numbers), together):
        numbers = exposure.numbers[start : start + together]
        shot = Shot(
            iso=torch.full((len(numbers),), float(iso)),
            exposure_time_s=torch.full((len(numbers),), exposure.exposure_time_s),
            frame_number=torch.tensor(list(numbers)),
            item=torch.zeros(len(numbers), dtype=torch.int64),
            body=body,
        )
        expected = Frame.start(
            torch.full((len(numbers), 1, *plan.size), exposure.electrons),
            Domain.EXPECTED,
            shot=shot,
            profile=sensor.profile,
        )
        many = sensor.capture(expected, seed)
        for index in range(len(numbers)):
            yield many.select(slice(index, index + 1))
