"""Train the judge of defects: `FULLWELL_DATA=DATA python -m apps.defect_training -o JSON`.

Its pictures are others than those of `apps.defect_scores`.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from apps.defect_scores import CAMERA, SIZE, broken_camera, photographed
from apps.light import Seen, light_on_sensor
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import deviation, mosaic_noise
from isp.core.shot import Shot
from isp.files.picture import read_picture
from isp.files.profile import load_profile
from isp.files.safe_write import safe_write
from isp.stages.black_level import BlackLevel
from isp.stages.defect_judge import NUMBERS, weights_of
from isp.stages.defect_surroundings import described, outstanding, surroundings
from simulate.optics import Lens
from simulate.sensor import Sensor

SCENES = (  # and the standard deviation of the lens's Gaussian, of the pixel pitch; 0 for no lens
    ("dead-leaves?seed=101", 0.45), ("dead-leaves?seed=102&colour=yes", 0.45),
    ("dead-leaves?seed=103&colour=yes", 0.45), ("siemens?cycles=100", 0.45),
    ("siemens?cycles=200&modulation=0.8", 0.45), ("slanted-edge?angle=12&contrast=15", 0.45),
    ("flat", 0.45), ("dead-leaves?seed=112&colour=yes&max_radius=30", 0.45),
    ("dead-leaves?seed=114", 0.0), ("siemens?cycles=60&modulation=0.98", 0.45),
)  # fmt: skip
PHOTOGRAPHS = "train_photos/*.jpg"
# Pattern, ISO, exposure in s: what each picture is captured as.
CAPTURES = (
    (Cfa.RGGB, 100.0, 1 / 30), (Cfa.GRBG, 400.0, 1 / 60), (Cfa.GRBG, 1600.0, 1 / 500),
    (Cfa.BGGR, 100.0, 1 / 8), (Cfa.QUAD_RGGB, 100.0, 1 / 30), (Cfa.XTRANS, 100.0, 1 / 30),
)  # fmt: skip
SHARE = 0.004  # of the photosites, spoilt
MOST = 25_000  # sound ones kept of a capture
HIDDEN = (48, 24)
DRAWN = 1500  # of each kind to a step
HARDEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Photosites that stand out: description (n, 114), whether defective, and for how many each."""

    numbers: Tensor
    defective: Tensor
    weight: Tensor


def spoilt(sound: Tensor, sigma: Tensor, measured: Tensor, generator: torch.Generator) -> Tensor:
    """A mosaic with hot photosites of 6 sigma to saturation, dead and half dead ones, 0.4 %."""
    draw = [torch.rand(sound.shape, generator=generator) for _ in range(3)]
    where = (draw[0] < SHARE) & (measured > 0)
    hot = sound + sigma * 10 ** (math.log10(6) + 2.2 * draw[2])
    dead = sigma.amin() * torch.randn(sound.shape, generator=generator)
    kind = draw[1]
    value = torch.where(kind < 0.9, dead, 0.6 * draw[2] * sound)
    value = torch.where(kind < 0.6, torch.full_like(sound, 1.05), value)
    value = torch.where(kind < 0.45, hot, value)
    return torch.where(where, value.clamp(max=1.05), sound)


def examples(
    sound: Tensor, measured: Tensor, noise: Tensor, cfa: Cfa, generator: torch.Generator
) -> Examples:
    """What stands out of a capture once it is spoilt; defects of less than 6 sigma are left out."""
    sigma = deviation(sound, noise)
    mosaic = spoilt(sound, sigma, measured, generator)
    changed = mosaic != sound
    strong = changed & ((mosaic - sound).abs() > 6 * sigma)
    known = torch.where(changed, (mosaic < 0.98).to(measured.dtype), measured)
    seen = surroundings(mosaic, known, noise, cfa)
    asked = outstanding(seen, 5.0) & (~changed | strong) & (measured > 0)
    image, _, row, column = torch.nonzero(asked, as_tuple=True)
    bad = strong[asked]
    good = torch.nonzero(~bad)[:, 0]
    kept = good[torch.randperm(len(good), generator=generator)[:MOST]]
    kept = torch.cat([kept, torch.nonzero(bad)[:, 0]])
    stands_for = torch.where(bad[kept], 1.0, max(len(good) / MOST, 1.0))
    numbers = described(seen, (image[kept], row[kept], column[kept]), cfa)
    return Examples(numbers=numbers, defective=bad[kept].float(), weight=stands_for)


def trained(data: Examples, steps: int, generator: torch.Generator) -> list[nn.Linear]:
    """Layers that take standardised descriptions, by logistic loss with the hardest drawn too."""
    widths = (NUMBERS, *HIDDEN, 1)
    layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    optimiser = torch.optim.Adam([p for layer in layers for p in layer.parameters()], 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, 1e-5)
    bad, good = (torch.nonzero(data.defective == kind)[:, 0] for kind in (1, 0))
    hardest = good
    for step in range(steps):
        if step and step % 800 == 0:
            with torch.no_grad():
                odds = torch.cat([_odds(layers, data.numbers[g]) for g in good.split(1 << 16)])
            hardest = good[odds.topk(min(HARDEST, len(good))).indices]
        chosen = torch.cat([
            part[torch.randint(len(part), (DRAWN,), generator=generator)]
            for part in (bad, good, hardest)
        ])  # fmt: skip
        turned = data.numbers[chosen][:, TURNS[step % len(TURNS)]]
        weight = torch.where(torch.arange(3 * DRAWN) < 2 * DRAWN, data.weight[chosen], 1.0)
        loss = nn.functional.binary_cross_entropy_with_logits(
            _odds(layers, turned), data.defective[chosen], weight
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return layers


def turns() -> list[Tensor]:
    """Orders of the description's numbers after each of the eight turns and mirrorings."""
    square = [(y, x) for y in range(-3, 4) for x in range(-3, 4) if (y, x) != (0, 0)]
    ring = [(y, x) for y, x in square if max(abs(y), abs(x)) == 1]
    orders = []
    for turn in range(8):

        def moved(place: tuple[int, int], turn: int = turn) -> tuple[int, int]:
            y, x = place
            y, x = (-y if turn & 2 else y), (-x if turn & 1 else x)
            return (x, y) if turn & 4 else (y, x)

        wide = [square.index(moved(place)) for place in square]
        near = [ring.index(moved(place)) for place in ring]
        rest = list(range(2 * len(square) + len(ring), NUMBERS))
        order = [*wide, *(48 + at for at in wide), *(96 + at for at in near), *rest]
        orders.append(torch.tensor(order))
    return orders


TURNS = turns()


def captures(folder: Path) -> Iterator[tuple[Tensor, Tensor, Tensor, Cfa]]:
    """Mosaic, where it is measured, noise and pattern of every training capture."""
    for number, light in enumerate(_lights(folder)):
        for cfa, iso, time_s in CAPTURES:
            whole = load_profile(CAMERA)
            sites = cfa.period[0] * cfa.period[1]
            profile = whole.with_fields(cfa=cfa, black_level_dn=(whole.black_level_dn[0],) * sites)
            sensor = Sensor(profile)
            shot = Shot.single(exposure_time_s=time_s, f_number=4.0, iso=iso)
            frame = BlackLevel(cfa).develop(
                sensor.capture(sensor.expose(light, shot), 500 + number)
            )
            noise = mosaic_noise(profile, shot.need("iso"), with_pattern=True, tail_sigmas=5.0)
            yield frame.data, frame.measured.float(), noise, cfa


def main(arguments: Sequence[str] | None = None) -> int:
    """Capture, train and write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.defect_training")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON of weights to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    parser.add_argument("--steps", type=int, default=12_000)
    asked = parser.parse_args(arguments)
    folder = os.environ.get("FULLWELL_DATA")
    if folder is None:
        print("error: set FULLWELL_DATA to the folder of the real data", file=sys.stderr)
        return 2
    generator = torch.Generator().manual_seed(3)
    all_of = [examples(*capture, generator) for capture in captures(Path(folder))]
    data = joined(all_of)
    mean, spread = standards(data.numbers)
    standard = Examples(
        numbers=(data.numbers - mean) / spread, defective=data.defective, weight=data.weight
    )
    weights = weights_of(trained(standard, asked.steps, generator), mean, spread)
    text = json.dumps(weights, separators=(",", ":"))
    with safe_write(asked.output, force=asked.force) as place:
        place.write_text(text, encoding="utf-8")
    return 0


def joined(parts: Sequence[Examples]) -> Examples:
    """Examples of several captures as one."""
    return Examples(
        numbers=torch.cat([part.numbers for part in parts]),
        defective=torch.cat([part.defective for part in parts]),
        weight=torch.cat([part.weight for part in parts]),
    )


def standards(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each number, the same for all that a turn exchanges."""
    mean, spread = numbers.mean(dim=0), numbers.std(dim=0) + 1e-3
    for part in (slice(0, 48), slice(48, 96), slice(96, 104)):
        mean[part], spread[part] = mean[part].mean(), spread[part].mean()
    return mean, spread


def _odds(layers: Sequence[nn.Linear], values: Tensor) -> Tensor:
    for layer in layers[:-1]:
        values = torch.relu(layer(values))
    odds: Tensor = layers[-1](values)
    return odds[:, 0]


def _lights(folder: Path) -> Iterator[Frame]:
    profile = broken_camera()
    for name, blur in SCENES:
        lens = Lens(gaussian_psf_um=blur * (profile.pixel_pitch_um or 1.0)) if blur else None
        yield light_on_sensor(f"scene:{name}", Seen(size=SIZE, lens=lens), profile, 4.0)
    paths = sorted(folder.glob(PHOTOGRAPHS))
    if not paths:
        raise UsageError(f"no {PHOTOGRAPHS} in the folder that FULLWELL_DATA names")
    for path in paths:
        yield photographed(read_picture(path).data[0].permute(1, 2, 0).double().numpy())


if __name__ == "__main__":
    sys.exit(main())
