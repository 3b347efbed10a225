"""The measurements behind the page: short, and in turns, since others share the machine."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.bench.latency.benching import bench_together
from apps.bench.latency.question import Asked
from apps.bench.latency.sizes import sizes_of
from apps.bench.latency.timing import Plan
from isp.files.safe_write import safe_write

RECIPE = "recipes/lowlight_5k.toml"  # srgb with the small denoiser
MALVAR_RECIPE = "recipes/lowlight_5k_malvar2004.toml"  # srgb_fast with it
FIT = "480x640,960x1280"
HELD_SIZES = "720x960,1080x1920"
WARM_S = (0.5, 4.0)  # at least, at most
TAIL_FRAMES = 700  # enough for a p99


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One result: its name without the round, and what `fullwell bench` would be asked."""

    name: str
    target: str
    size: str
    variants: tuple[str, ...]
    stage: str | None = None
    frames: int = 24

    def asked(self, folder: Path) -> Asked:
        """The question, on one thread."""
        target = self.target
        return Asked(
            target=str(folder / target) if target.endswith(".toml") else target,
            sizes=sizes_of(self.size), variants=self.variants, stage=self.stage, threads=1,
            plan=Plan(frames=self.frames, least_s=WARM_S[0], most_s=WARM_S[1]),
        )  # fmt: skip


MEASUREMENTS = (
    Measurement(name="fit-fast", target="srgb_fast", size=FIT, variants=("eager",)),
    Measurement(name="held-fast", target="srgb_fast", size=HELD_SIZES, variants=("eager", "fused"),
                stage="whole"),
    Measurement(name="fit-fast-fused", target="srgb_fast", size=FIT, variants=("fused",),
                frames=64),
    Measurement(name="fit-gbtf", target="srgb", size=FIT, variants=("eager",), stage="demosaic"),
    Measurement(name="held-srgb", target="srgb", size=HELD_SIZES, variants=("eager", "fused"),
                stage="whole"),
    Measurement(name="fit-gbtf-fused", target="srgb", size=FIT, variants=("fused",), frames=64),
    Measurement(name="fit-denoise", target=RECIPE, size=FIT, variants=("eager",),
                stage="exposure_diffusion"),
    Measurement(name="held-low", target=MALVAR_RECIPE, size="720x960,960x1280",
                variants=("eager", "fused"), stage="whole"),
    Measurement(name="fit-tail-fused", target=MALVAR_RECIPE, size=FIT, variants=("fused",),
                stage="white_balance..encode", frames=64),
    Measurement(name="fit-tails", target="srgb_fast", size="480x640", variants=("fused",),
                stage="whole", frames=TAIL_FRAMES),
)  # fmt: skip


def measure(
    folder: Path, rounds: int, advance: Callable[[str], None] = lambda name: None
) -> Iterator[Path]:
    """Make the results that are not there; yields their files.

    What is missing of a round is timed together, in turns: a slow minute of the machine meets what
    lines are fitted to as it meets what is held out.

    Raises what `bench_together` raises, OutputError.
    """
    for number in range(1, rounds + 1):
        places = {m: folder / f"{m.name}-{number}.json" for m in MEASUREMENTS}
        missing = {m: path for m, path in places.items() if not path.exists()}
        found = bench_together([m.asked(folder) for m in missing], advance) if missing else []
        for path, timed in zip(missing.values(), found, strict=True):
            with safe_write(path) as place:
                place.write_text(json.dumps(timed.result, allow_nan=False) + "\n", encoding="utf-8")
            yield path
