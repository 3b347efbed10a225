"""Captures that a calibration asks for, taken with a simulated camera of known numbers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.captures import CaptureSet, Stack
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

BRIGHTEST = 1.25  # of saturation, so that the last levels are saturated
LONGEST_STACK = 1024  # frames
WELL_SHARE = 0.5  # of saturation, where the stack of flats is taken: PRNU1288's level


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many captures a session takes.

    levels: exposures from dark to saturation. pair: frames of each. stack: frames of the flats at
    half of saturation, and of the darks. size: height and width, photosites. exposure_time_s: of
    every capture; the light is changed, as EMVA's method I has it.
    """

    levels: int = 50
    pair: int = 2
    stack: int = 32
    size: tuple[int, int] = (512, 512)
    exposure_time_s: float = 0.01


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


def session(
    profile: SensorProfile, iso: float, plan: Plan, *, seed: int = 0, body: int = 0
) -> CaptureSet:
    """Plan the captures of one ISO; each frame is simulated when it is asked for.

    The light falls evenly, and every photosite collects the same mean number of electrons;
    photons are electrons / quantum efficiency (1 where the profile has none). seed: of the
    temporal noise; body: of the fixed patterns.
    """
    capacity = saturation_e(profile, iso)
    efficiency = profile.quantum_efficiency or 1.0
    sensor = Sensor(profile)
    numbers = iter(range(1 << 30))

    def stack(name: str, electrons: float, count: int, *, dark: bool) -> Stack:
        first = [next(numbers) for _ in range(count)]

        def frames() -> Iterator[NDArray[np.float32]]:
            for number in first:
                yield _frame(sensor, electrons, iso, number, plan, seed, body)

        return Stack(
            name=name,
            dark=dark,
            exposure_time_s=plan.exposure_time_s,
            iso=iso,
            photons=None if dark else electrons / efficiency,
            temperature_c=profile.temperature_c,
            count=count,
            frames=frames,
        )

    rising = np.linspace(0, BRIGHTEST, plan.levels + 1)[1:] * capacity
    stacks = [
        stack(f"flat {index} ISO {iso:g}", float(electrons), plan.pair, dark=False)
        for index, electrons in enumerate(rising)
    ]
    stacks += [
        stack(f"flats at half ISO {iso:g}", WELL_SHARE * capacity, plan.stack, dark=False),
        stack(f"darks ISO {iso:g}", 0.0, plan.stack, dark=True),
    ]
    return CaptureSet(
        camera=profile.name,
        cfa=profile.cfa,
        bit_depth=profile.bit_depth,
        white_level_dn=profile.white_level_dn,
        black_level_dn=profile.black_level_dn,
        stacks=tuple(stacks),
    )


def saturation_e(profile: SensorProfile, iso: float) -> float:
    """Electrons at which the first of well and converter's last code ends."""
    gain = float(profile.at_iso(torch.tensor([iso])).system_gain_dn_per_e[0])
    range_e = (2.0**profile.bit_depth - 1 - max(profile.black_level_dn)) / gain
    return min(range_e, profile.full_well_e or range_e)


def _frame(
    sensor: Sensor, electrons: float, iso: float, number: int, plan: Plan, seed: int, body: int
) -> NDArray[np.float32]:
    shot = Shot.single(
        iso=iso,
        exposure_time_s=plan.exposure_time_s,
        frame_number=torch.tensor([number]),
        body=body,
    )
    expected = Frame.start(
        torch.full((1, 1, *plan.size), electrons),
        Domain.EXPECTED,
        shot=shot,
        profile=sensor.profile,
    )
    data: NDArray[np.float32] = sensor.capture(expected, seed).data[0, 0].numpy()
    return data
