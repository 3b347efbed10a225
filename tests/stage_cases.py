"""Every stage in the settings that run other code, and frames for it."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps.recipes import STAGES, make
from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.quantise import Quantised
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, Defect, SensorProfile
from isp.core.shot import Shot
from isp.core.stage import Stage, as_stage
from isp.files.dng_opcodes import opcode_bytes
from isp.stages.opcodes import opcodes_text
from tests.isp.files.opcode_samples import area, gain_map, opcode, polynomial, warp

MASKS = ("measured", "clipped", "generated")
BALANCED = ("highlights", "rebuild_highlights")  # stages whose mosaic is white-balanced already
SIZE = (22, 27)
DEFECTS = ((4, 5), (11, 0), (12, 16))
LUTS = Path(__file__).resolve().parent / "golden"
# Weights drawn by chance, of a few thousand numbers: the contract asks not how good they are.
NET = str(LUTS / "fw-5k-random.safetensors")
LUT_1D, LUT_3D = str(LUTS / "contract_1d.cube"), str(LUTS / "contract_3d.cube")
# Gains of each Bayer site, rising to the right; and a lens that bends R, G and B differently.
SHADING = tuple(tuple((1.0 + 0.1 * s, 1.5, 2.0 + 0.3 * y) for y in range(2)) for s in range(4))
BARREL = (0.93, 0.02, 0.01, 0.0, 0.001, -0.002, 0.95, 0.02, 0, 0, 0, 0, 0.94, 0.03, 0, 0, 0, 0)
# Colour of degrees 2 and 3, rows X, Y and Z under D50; each sums to about white.
ROOTS_2 = (0.5, 0.3, 0.1, 0.1, -0.1, 0.06, 0.2, 0.7, 0.0, 0.1, 0.1, -0.1, 0, 0, 0.8, 0, 0.1, -0.08)
ROOTS_3 = tuple(0.01 * ((7 * i) % 23) for i in range(39))
# A DNG's lists: gains on one site, a curve; and the same lens, with vignetting.
LIST_2 = opcodes_text(opcode_bytes([
    opcode(9, gain_map(area(1, 0, 99, 99, pitch=(2, 2)), np.array([[[1.0], [2.0]]]), (1, 0.5))),
    opcode(8, polynomial(area(), 0.01, 0.9, 0.1)),
]))  # fmt: skip
LIST_3 = opcodes_text(opcode_bytes([
    opcode(1, warp([BARREL[:6], BARREL[6:12], BARREL[12:]])),
    opcode(3, struct.pack(">7d", 0.2, 0.1, 0, 0, 0, 0.5, 0.5)),
]))  # fmt: skip


def box_blur(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a user might bring: the mean over 3 x 3."""
    height, width = linear.shape[:2]
    padded = np.pad(linear, ((1, 1), (1, 1), (0, 0)), mode="edge")
    parts = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.sum(parts, axis=0, dtype=np.float32) / np.float32(9)


@dataclass(frozen=True)
class Case:
    """A stage as it is made: which, for which pattern, set how.

    smallest: side of the smallest picture that holds what its setting estimates from.
    within: what a batch may differ by from its images; of a stage that draws, an electron: the
        last digit of a rate decides, now and then, whether one more comes.
    slow_export: its graph takes long to make, and is made with the slow tests.
    """

    key: str
    cfa: Cfa = Cfa.RGGB
    settings: Mapping[str, Any] = field(default_factory=dict)
    smallest: int = 1
    within: float = 1e-6
    slow_export: bool = False

    def build(self) -> Stage:
        if self.key == "as_stage":
            return as_stage(box_blur, Domain.LINEAR, support=1).eval()
        if self.key.startswith("quantised:"):
            inner = make(STAGES[self.key.partition(":")[2]], self.cfa, {})
            return Quantised(inner, **self.settings).eval()
        return make(STAGES[self.key], self.cfa, self.settings).eval()

    def __str__(self) -> str:
        parts = [self.key, *(str(v).rpartition("/")[2][:24] for v in self.settings.values())]
        return "-".join(parts if self.cfa == Cfa.RGGB else [*parts, self.cfa.name])


# Graphs of thousands of nodes: 12 s to minutes each to make.
SLOW_EXPORTS = ("chroma_denoise", "dynamic_defects", "denoise", "durand2002")
# Settings that a stage is not asked without.
NEEDED: dict[str, dict[str, Any]] = {"exposure_diffusion": {"model": NET}}
# Every stage of the table as it comes, and the settings and patterns that run other code.
CASES = [
    *(Case(key, settings=NEEDED.get(key, {}), slow_export=key in SLOW_EXPORTS) for key in STAGES),
    Case("as_stage"),
    Case("quantised:white_balance", settings={"bits": 10, "headroom": 4.0}),
    Case("quantised:black_level", settings={"bits": 12}),
    Case("quantised:bilinear", settings={"bits": 8}),
    Case("black_level", Cfa.XTRANS),
    Case("defects", Cfa.XTRANS),
    Case("dynamic_defects", Cfa.XTRANS, {"noise": (1e-4, 1e-6)}, slow_export=True),
    Case("denoise", Cfa.XTRANS, {"strength": 0.5, "noise": (1e-4, 1e-6)}, slow_export=True),
    Case(
        "exposure_diffusion",
        Cfa.GBRG,
        {"model": NET, "ratio": 4.0, "scale": "ratio"},
        slow_export=True,
    ),
    # An electron is at most 0.6 DN/e- of 3940 DN, in a state 4.5 times as long as the shot.
    Case(
        "exposure_diffusion",
        settings={"model": NET, "ratio": 8.0, "steps": 1},
        within=3.4e-5,
        slow_export=True,
    ),
    Case(
        "exposure_diffusion",
        Cfa.BGGR,
        {"model": NET, "strength": 0.5, "noise": (1e-4, 1e-6)},
        slow_export=True,
    ),
    Case("chroma_denoise", settings={"radius": 2, "strength": 0.5}, slow_export=True),
    Case("sharpen", settings={"radius": 2.0, "overshoot": 0.0, "threshold": 0.0}),
    Case("white_balance", settings={"gains": "grey_world"}),
    Case("white_balance", settings={"gains": "shades_of_grey"}),
    Case("white_balance", settings={"gains": "grey_edge"}, smallest=3),
    Case("white_balance", settings={"gains": "white_patch"}),
    Case("white_balance", settings={"gains": "planckian"}),
    Case("white_balance", settings={"gains": "5200K,+0.003"}),
    Case("white_balance", Cfa.QUAD_RGGB, {"gains": (2.0, 1.0, 1.5)}),
    Case("bilinear", Cfa.GBRG),
    Case("bilinear", Cfa.XTRANS),
    Case("bilinear", Cfa.QUAD_RGGB),
    Case("bilinear", Cfa.MONO),
    Case("malvar2004", Cfa.BGGR),
    Case("menon2007", Cfa.GRBG, {"refine": False}, slow_export=True),
    Case("gbtf_root", Cfa.GBRG, {"toe": None}, slow_export=True),
    Case("directional_mmse", Cfa.XTRANS, slow_export=True),
    Case("directional_mmse", Cfa.QUAD_RGGB, {"stretch": 1.0, "toe": None}),
    Case("quad_remosaic", Cfa.QUAD_RGGB, slow_export=True),
    Case("colour_matrix", settings={"target": "bt709"}),
    Case("root_polynomial", settings={"coefficients": ROOTS_2, "target": "bt709"}),
    Case("root_polynomial", settings={"coefficients": ROOTS_3}),
    Case("exposure", settings={"ev": "auto"}),
    Case("exposure", settings={"ev": "highlights"}),
    Case("exposure", settings={"ev": -1.5}),
    Case("exposure", settings={"ev": 0.5, "baseline": False}),
    Case("lut3d", settings={"file": LUT_3D, "interpolation": "trilinear", "space": "bt709"}),
    Case("lut3d", settings={"file": LUT_3D, "encoding": "srgb"}),
    Case("lut3d", settings={"file": LUT_1D}),
    Case("look", settings={"file": LUT_3D, "interpolation": "trilinear"}),
    Case("look", settings={"file": LUT_1D}),
    Case("linearize", settings={"table_dn": tuple(0.5 * i for i in range(3000))}),
    Case("lens_shading", settings={"grid": SHADING, "strength": 0.5}),
    Case("lens_shading", Cfa.XTRANS, {"grid": SHADING[:1]}),
    Case("opcodes_mosaic", settings={"opcodes": LIST_2}),
    Case("opcodes_camera", settings={"opcodes": LIST_3}),
    Case("lens_distortion", settings={"coefficients": BARREL}),
    Case(
        "lens_distortion",
        settings={"coefficients": BARREL[:6], "method": "bilinear"},
        slow_export=True,
    ),
    Case("rebuild_highlights", Cfa.XTRANS),
    Case("reinhard_devlin2005", settings={"light_adaptation": 0.5, "colour_adaptation": 0.5}),
    Case("encode", settings={"space": "p3"}),
    Case("encode", settings={"transfer": "linear"}),
    Case("encode", settings={"space": "bt2020", "transfer": "bt709"}),
    Case("encode", settings={"space": "bt2020", "transfer": "pq", "white_cd_m2": 100.0}),
    Case("encode", settings={"space": "bt2020", "transfer": "hlg"}),
]
every_stage = pytest.mark.parametrize("case", CASES, ids=str)
every_export = pytest.mark.parametrize(
    "case", [pytest.param(c, marks=[pytest.mark.slow] * c.slow_export) for c in CASES], ids=str
)


def profile_for(cfa: Cfa) -> SensorProfile:
    sites = cfa.period[0] * cfa.period[1]
    return SensorProfile(
        name="contract",
        cfa=cfa,
        bit_depth=12,
        black_level_dn=tuple(60.0 + site for site in range(sites)),
        white_level_dn=4000.0,
        readings=(
            Reading(iso=100, system_gain_dn_per_e=0.5, read_noise_e=3.0),
            Reading(iso=400, system_gain_dn_per_e=2.0, read_noise_e=2.0),
        ),
        colour_matrices=(
            ColourMatrixEntry(
                illuminant="D65",
                xyz_to_camera=((0.72, -0.2, -0.06), (-0.81, 1.55, 0.27), (-0.22, 0.25, 0.75)),
            ),
        ),
        defects=tuple(Defect(row=row, column=column) for row, column in DEFECTS),
    )


def frame_in(domain: Domain, cfa: Cfa, size: tuple[int, int] = SIZE, batch: int = 3) -> Frame:
    """A noisy frame of a domain, a tenth of it unmeasured, each image with its own shot."""
    generator = torch.Generator().manual_seed(batch + 100 * size[0] + size[1])
    channels = domain.channels or 3
    data = torch.rand(batch, channels, *size, generator=generator) * 1.3 - 0.05
    if domain is Domain.RAW:
        data = (data * 4000).round().clamp(0, 4095)
    planes = 3 if domain is Domain.CAMERA else 1
    measured = torch.rand(batch, planes, *size, generator=generator) > 0.1
    clipped = ~measured & (torch.rand(batch, planes, *size, generator=generator) > 0.3)
    generated = torch.rand(batch, planes, *size, generator=generator) > 0.95
    for row, column in DEFECTS:
        if domain < Domain.CAMERA and row < size[0] and column < size[1]:
            measured[..., row, column] = False
            clipped[..., row, column] = False
    spread = torch.arange(batch) / 10
    ones = torch.ones(batch)
    shot = Shot(
        iso=100 * (1 + spread),
        exposure_time_s=0.01 * (1 + spread),
        white_balance=torch.stack([1.9 + spread, ones, 1.5 - spread], dim=1),
        baseline_exposure_ev=0.5 - spread,
        frame_number=torch.arange(batch),
        item=torch.arange(batch),
    )
    return Frame.start(
        data,
        domain,
        shot=shot,
        profile=profile_for(cfa),
        colour=Colour(primaries=PRIMARIES["bt2020"]) if domain >= Domain.LINEAR else None,
        measured=measured,
        clipped=clipped,
        generated=generated,
        history=(("before", {}),),
    )


def frame_for(case: Case, size: tuple[int, int] = SIZE, batch: int = 3) -> Frame:
    frame = frame_in(case.build().domain_in, case.cfa, size, batch)
    return replace(frame, balanced=True) if case.key in BALANCED else frame
