"""Small copies of SID's and ELD's folders, whose electrons and clean light are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dng import write_dng

GAIN = 2.0  # DN per electron: a whole number, so that DN hold whole electrons exactly
READ_NOISE_E = 3.0
BLACKS = (500.0, 504.0, 516.0, 520.0)
WHITE = 15000.0
SIZE = (48, 60)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What was simulated, on the mosaic: electrons of the short, DN above black of the long."""

    short: Path
    long: Path
    electrons: np.ndarray
    long_dn: np.ndarray


def camera(cfa: Cfa = Cfa.RGGB, blacks: tuple[float, ...] = BLACKS) -> SensorProfile:
    """A sensor whose four sites have four black levels."""
    return SensorProfile(
        name="pair camera", cfa=cfa, bit_depth=14, black_level_dn=blacks, white_level_dn=WHITE,
        readings=(Reading(iso=800.0, system_gain_dn_per_e=GAIN, read_noise_e=READ_NOISE_E),),
    )  # fmt: skip


def black_map(blacks: tuple[float, ...]) -> np.ndarray:
    """Black of every photosite; written out, not by the code that is tested."""
    return np.tile(np.array(blacks).reshape(2, 2), (SIZE[0] // 2, SIZE[1] // 2))


def write_scene(
    short: Path,
    long: Path,
    *,
    ratio: float,
    seconds: float,
    cfa: Cfa = Cfa.RGGB,
    iso: float = 800.0,
    seed: int = 3,
    short_blacks: tuple[float, ...] = BLACKS,
) -> Scene:
    """A ramp of light, the long exposure without noise, the short one of photons and read noise.

    seconds: of the short exposure; the long one is `ratio` times that.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    long_dn = np.rint(20 + 14000 * (columns / SIZE[1]) ** 2 * (1 + rows / SIZE[0]) / 2)
    photons = rng.poisson(long_dn / GAIN / ratio)
    electrons = photons + np.rint(READ_NOISE_E * rng.standard_normal(SIZE))
    for path, dn, blacks, time in (
        (short, GAIN * electrons, short_blacks, seconds),
        (long, long_dn, BLACKS, ratio * seconds),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = np.minimum(dn + black_map(blacks), WHITE)
        frame = Frame.start(
            torch.from_numpy(stored).float()[None, None], Domain.RAW,
            shot=Shot.single(iso=iso, exposure_time_s=time), profile=camera(cfa, blacks),
        )  # fmt: skip
        write_dng(path, frame)
    return Scene(short=short, long=long, electrons=electrons, long_dn=long_dn)


def planes(mosaic: np.ndarray, top: int = 0, left: int = 0) -> torch.Tensor:
    """R, G1, G2, B of a mosaic whose red photosite is at (top, left), whole cells only."""
    cells = mosaic[top:, left:]
    height, width = (side // 2 * 2 for side in cells.shape)
    cells = cells[:height, :width]
    return torch.from_numpy(
        np.stack([cells[y::2, x::2] for y in (0, 1) for x in (0, 1)]).astype(np.float32)
    )[None]


def sid_copy(root: Path, times: Sequence[tuple[str, str, str]]) -> Path:
    """SID's folder of (scene, short time, long time), as DNG; returns the list beside Sony/."""
    lines = []
    for scene, short_s, long_s in times:
        names = (f"{scene}_00_{short_s}s", f"{scene}_00_{long_s}s")
        write_scene(
            root / "Sony/short" / f"{names[0]}.dng", root / "Sony/long" / f"{names[1]}.dng",
            ratio=float(long_s) / float(short_s), seconds=float(short_s),
        )  # fmt: skip
        lines.append(f"./Sony/short/{names[0]}.ARW ./Sony/long/{names[1]}.ARW ISO800 F8\n")
    (root / "Sony_test_list.txt").write_text("".join(lines), encoding="utf-8")
    return root / "Sony_test_list.txt"
