"""Spoilt captures that the judge of defects learns from, and others that its limits are chosen on.

None of their pictures is in `apps.defect_scores`, which reports.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from apps.defect_scores import CAMERA, SIZE, broken_camera, photographed
from apps.light import Seen, light_on_sensor
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import deviation, mosaic_noise
from isp.core.shot import Shot
from isp.files.picture import read_picture
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from isp.stages.defect_surroundings import described, outstanding, surroundings, texture
from simulate.optics import Lens
from simulate.sensor import Sensor

# Scenes, the standard deviation of the lens's Gaussian, of the pixel pitch (0 for no lens), and
# the seed of their captures.
LEARNT = (
    ("dead-leaves?seed=101", 0.45, 500), ("dead-leaves?seed=102&colour=yes", 0.45, 501),
    ("dead-leaves?seed=103&colour=yes", 0.45, 502), ("siemens?cycles=100", 0.45, 503),
    ("siemens?cycles=200&modulation=0.8", 0.45, 504),
    ("slanted-edge?angle=12&contrast=15", 0.45, 505), ("flat", 0.45, 506),
    ("dead-leaves?seed=112&colour=yes&max_radius=30", 0.45, 507),
    ("dead-leaves?seed=114", 0.0, 508), ("siemens?cycles=60&modulation=0.98", 0.45, 509),
)  # fmt: skip
LEARNT_PHOTOGRAPHS = 510  # seed of the first one's captures
# Without a lens a leaf may be a single photosite: no camera sees that, and no limit allows for it.
CHOSEN_ON = (
    ("dead-leaves?seed=201", 0.45, 900), ("dead-leaves?seed=202&colour=yes", 0.45, 901),
    ("siemens?cycles=160", 0.45, 903), ("slanted-edge?angle=7&contrast=25", 0.45, 904),
    ("flat", 0.45, 905),
)  # fmt: skip
CHOSEN_ON_PHOTOGRAPHS = 906
PHOTOGRAPHS = "train_photos/*.jpg"
EVERY = 4  # one photograph in so many is kept for the choice of limits
# Pattern, ISO, exposure in s: what each picture is captured as.
CAPTURES = (
    (Cfa.RGGB, 100.0, 1 / 30), (Cfa.GRBG, 400.0, 1 / 60), (Cfa.GRBG, 1600.0, 1 / 500),
    (Cfa.BGGR, 100.0, 1 / 8), (Cfa.QUAD_RGGB, 100.0, 1 / 30), (Cfa.XTRANS, 100.0, 1 / 30),
    (Cfa.MONO, 200.0, 1 / 60), (Cfa.RGGB, 6400.0, 1 / 4000),
)  # fmt: skip
SHARE = 0.004  # of the photosites, spoilt
PAIRED = 0.15  # of the spoilt, with another one of their colour one period away
WEAKEST = 6.0  # deviations of noise: what departs less is within the noise of a frame
MOST = 12_000  # sound ones kept of a capture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capture:
    """A mosaic without defects (1, 1, h, w), where it is measured, noise, and the seed of its own.

    kind: number of the scene; all photographs have one.
    """

    mosaic: Tensor
    measured: Tensor
    noise: Tensor
    cfa: Cfa
    kind: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Photosites that stand out: description (n, 114), whether defective, and for how many each.

    texture: of their neighbours. amplitude: of the defect, in deviations of noise.
    """

    numbers: Tensor
    defective: Tensor
    weight: Tensor
    texture: Tensor
    amplitude: Tensor


def spoilt(
    sound: Tensor, sigma: Tensor, measured: Tensor, period: tuple[int, int],
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    """A mosaic with 0.4 % defects, 15 % of these in pairs of one colour.

    Of each hundred 25 are 6 to 15 sigma above, 30 6 to 950 above, 15 saturated, 20 dead,
    10 half dead.
    """
    draw = [torch.rand(sound.shape, generator=generator) for _ in range(4)]
    step = [period, (0, period[1]), (period[0], 0)][int(draw[0].sum()) % 3]
    alone = (draw[0] < SHARE) & (measured > 0)
    partner = (alone & (draw[3] < PAIRED)).roll(step, dims=(2, 3)) & (measured > 0)
    weak = sound + sigma * (WEAKEST + 9 * draw[2])
    hot = sound + sigma * 10 ** (math.log10(WEAKEST) + 2.2 * draw[2])
    dead = sigma.amin() * torch.randn(sound.shape, generator=generator)
    # A partner is what the first is: it takes its kind along.
    kind = torch.where(partner, draw[1].roll(step, dims=(2, 3)), draw[1])
    value = torch.where(kind < 0.9, dead, 0.6 * draw[2] * sound)
    value = torch.where(kind < 0.7, torch.full_like(sound, 1.05), value)
    value = torch.where(kind < 0.55, hot, value)
    value = torch.where(kind < 0.25, weak, value)
    return torch.where(alone | partner, value.clamp(max=1.05), sound)


def examples(capture: Capture, most: int | None = MOST) -> Examples:
    """What stands out of a capture once it is spoilt; defects of less than 6 sigma are left out.

    most: sound ones to draw, who stand for the others too; all when None.
    """
    sound, measured, noise, cfa = capture.mosaic, capture.measured, capture.noise, capture.cfa
    generator = torch.Generator().manual_seed(capture.seed)
    sigma = deviation(sound, noise)
    mosaic = spoilt(sound, sigma, measured, cfa.period, generator)
    changed = mosaic != sound
    amplitude = (mosaic - sound).abs() / sigma
    strong = changed & (amplitude > WEAKEST)
    known = torch.where(changed, (mosaic < 0.98).to(measured.dtype), measured)
    seen = surroundings(mosaic, known, noise, cfa)
    asked = outstanding(seen, 5.0) & (~changed | strong) & (measured > 0)
    image, _, row, column = torch.nonzero(asked, as_tuple=True)
    bad = strong[asked]
    good = torch.nonzero(~bad)[:, 0]
    drawn = len(good) if most is None else most
    kept = good[torch.randperm(len(good), generator=generator)[:drawn]]
    kept = torch.cat([kept, torch.nonzero(bad)[:, 0]])
    return Examples(
        numbers=described(seen, (image[kept], row[kept], column[kept]), cfa),
        defective=bad[kept].float(),
        weight=torch.where(bad[kept], 1.0, max(len(good) / max(drawn, 1), 1.0)),
        texture=texture(seen)[asked][kept],
        amplitude=amplitude[asked][kept],
    )


def joined(parts: Sequence[Examples]) -> Examples:
    """Examples of several captures as one."""
    return Examples(
        numbers=torch.cat([part.numbers for part in parts]),
        defective=torch.cat([part.defective for part in parts]),
        weight=torch.cat([part.weight for part in parts]),
        texture=torch.cat([part.texture for part in parts]),
        amplitude=torch.cat([part.amplitude for part in parts]),
    )


def learnt(folder: Path) -> Iterator[Capture]:
    """Every capture to learn from."""
    kept = [path for at, path in enumerate(_photographs(folder)) if at % EVERY]
    yield from _captures(LEARNT, kept, LEARNT_PHOTOGRAPHS)


def chosen_on(folder: Path) -> Iterator[Capture]:
    """Every capture to choose limits on."""
    yield from _captures(CHOSEN_ON, _photographs(folder)[::EVERY], CHOSEN_ON_PHOTOGRAPHS)


def _captures(
    scenes: Sequence[tuple[str, float, int]], photographs: Sequence[Path], first_seed: int
) -> Iterator[Capture]:
    for kind, (name, blur, seed) in enumerate(scenes):
        yield from _captures_of(_light(name, blur), kind, seed)
    for number, path in enumerate(photographs):
        encoded = read_picture(path).data[0].permute(1, 2, 0).double().numpy()
        yield from _captures_of(photographed(encoded), len(scenes), first_seed + number)


def _captures_of(light: Frame, kind: int, seed: int) -> Iterator[Capture]:
    for at, (cfa, iso, time_s) in enumerate(CAPTURES):
        whole = load_profile(CAMERA)
        sites = cfa.period[0] * cfa.period[1]
        profile = whole.with_fields(cfa=cfa, black_level_dn=(whole.black_level_dn[0],) * sites)
        sensor = Sensor(profile)
        shot = Shot.single(exposure_time_s=time_s, f_number=4.0, iso=iso)
        frame = BlackLevel(cfa).develop(sensor.capture(sensor.expose(light, shot), seed))
        noise = mosaic_noise(profile, shot.need("iso"), with_pattern=True, tail_sigmas=5.0)
        yield Capture(
            mosaic=frame.data, measured=frame.measured.float(), noise=noise, cfa=cfa,
            kind=kind, seed=1000 * seed + at,
        )  # fmt: skip


def _photographs(folder: Path) -> list[Path]:
    paths = sorted(folder.glob(PHOTOGRAPHS))
    if not paths:
        raise UsageError(f"no {PHOTOGRAPHS} in the folder that FULLWELL_DATA names")
    return paths


def _light(name: str, blur: float) -> Frame:
    profile = broken_camera()
    lens = Lens(gaussian_psf_um=blur * (profile.pixel_pitch_um or 1.0)) if blur else None
    return light_on_sensor(f"scene:{name}", Seen(size=SIZE, lens=lens), profile, 4.0)
