"""Each stage and the whole ISP on a 12 MP frame, beside OpenCV and LibRaw."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rawpy
import torch

from apps.presets import preset
from apps.recipes import DEMOSAICS, STAGES, make
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.pipeline import Pipeline
from isp.core.sensor import Defect
from isp.core.shot import Shot
from isp.core.transfer import encode_srgb
from isp.files.dng import write_dng
from isp.files.profile import load_profile
from isp.fused import cpu
from isp.fused.demosaic_gbtf_root import demosaic_gbtf_root_fused
from isp.fused.development import FusedDevelopment
from isp.fused.plan import fuse
from isp.fused.shot_numbers import numbers_of
from tests.stage_cases import NET

HEIGHT, WIDTH = 3000, 4000
BLACK_DN, WHITE_DN = 64, 1023
GAINS = (2.0, 1.0, 1.6)
DEFECTS = tuple(Defect(row=97 * i % HEIGHT, column=131 * i % WIDTH) for i in range(200))
TONES_FUSED = ("none", "filmic", "reinhard2002")
SRGB_CODES = {"gamma": (2.4, 12.92), "no_auto_bright": True, "adjust_maximum_thr": 0}


@functools.cache
def grey_ramp() -> torch.Tensor:
    """Linear light of a grey card, 0.02 to 0.5 from left to right."""
    return torch.linspace(0.02, 0.5, WIDTH).expand(HEIGHT, WIDTH)


@functools.cache
def raw_frame() -> Frame:
    """The grey card as a 10-bit RGGB camera stores it, 0.3 % of the photosites clipped."""
    profile = load_profile("GenericPhone").with_fields(defects=DEFECTS)
    camera = grey_ramp() * Cfa.RGGB.spread(1 / torch.tensor([GAINS]), HEIGHT, WIDTH)
    dn = torch.round(BLACK_DN + (WHITE_DN - BLACK_DN) * camera)
    dn[..., ::61, ::5] = WHITE_DN
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=2.8, white_balance=GAINS)
    measured, clipped = raw_masks(dn, profile, shot.iso)
    return Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile, measured=measured, clipped=clipped
    )


@functools.cache
def frames() -> dict[Domain, Frame]:
    """The frame as it enters each domain of the sRGB preset."""
    entering = {Domain.RAW: raw_frame()}
    for tap in preset("srgb", Cfa.RGGB).build(Cfa.RGGB).tap(raw_frame()):
        entering.setdefault(tap.frame.domain, tap.frame)
    return entering


STAGE_SIZE = (1500, 2000)  # the slowest stages take a minute for 12 MP
# What these do by themselves, without a file's table, lists, map or lens, is nothing.
SETTINGS: dict[str, dict[str, Any]] = {
    "linearize": {"table_dn": tuple(float(i) for i in range(WHITE_DN + 1))},
    "lens_shading": {"grid": (((1.5, 1.2, 1.5), (1.2, 1.0, 1.2), (1.5, 1.2, 1.5)),)},
    "root_polynomial": {"coefficients": (0.6, 0.2, 0.1, 0.02, 0.03, 0.01) * 3},
    "exposure_diffusion": {"model": NET},  # the smallest network; others on their own page
    "lens_distortion": {"coefficients": (0.95, 0.05, 0.0, 0.0, 0.0, 0.0)},
}
LEFT_OUT = ("opcodes_mosaic", "opcodes_camera", "lut3d", "look", "quad_remosaic")


@pytest.mark.parametrize("key", STAGES)
def test_a_stage(measure, key: str) -> None:
    if key in LEFT_OUT:
        pytest.skip(f"{key} does nothing without a file's lists, a table or a Quad-Bayer sensor")
    stage = make(STAGES[key], Cfa.RGGB, SETTINGS.get(key, {}))
    frame = frames()[stage.domain_in]
    height, width = STAGE_SIZE
    parts = {n: getattr(frame, n)[..., :height, :width].contiguous()
             for n in ("data", "measured", "clipped", "generated")}  # fmt: skip
    part = replace(frame, **parts)

    developed = measure(
        lambda: stage.develop(part), group="one stage of ours on 3 MP, masks included", name=key,
        ours=True, megapixels=height * width / 1e6,
    )  # fmt: skip

    assert developed.domain is stage.domain_out
    assert bool(torch.isfinite(developed.data).all())


@pytest.mark.parametrize("key", DEMOSAICS)
def test_demosaic_of_linear_float32(measure, key: str) -> None:
    stage, mosaic = make(STAGES[key], Cfa.RGGB, {}), frames()[Domain.MOSAIC].data

    picture = measure(
        lambda: stage(mosaic),
        group="demosaic alone",
        name=f"fullwell {key}, float32",
        ours=key == "bilinear",
    )

    own = Cfa.RGGB.colour_map(HEIGHT, WIDTH).expand(1, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


def test_demosaic_compiled(measure) -> None:
    mosaic = frames()[Domain.MOSAIC].data
    tile = make(STAGES["gbtf_root"], Cfa.RGGB, {})(mosaic[..., :400, :400])

    picture = measure(
        lambda: demosaic_gbtf_root_fused(mosaic, Cfa.RGGB),
        group="demosaic alone",
        name="fullwell gbtf_root compiled, float32",
        ours=False,
    )

    torch.testing.assert_close(
        picture[..., :380, :380], tile[..., :380, :380], rtol=0, atol=1 / 65535
    )


@pytest.mark.parametrize("algorithm", ["LINEAR", "PPG", "AHD", "DHT", "AAHD"])
def test_demosaic_by_libraw(measure, algorithm: str, tmp_path: Path) -> None:
    path = tmp_path / "grey.dng"
    write_dng(path, raw_frame())
    chosen = rawpy.DemosaicAlgorithm[algorithm]

    with rawpy.imread(str(path)) as raw:
        raw.unpack()

        def libraw() -> np.ndarray:
            return raw.postprocess(
                demosaic_algorithm=chosen, user_wb=[1.0, 1.0, 1.0, 1.0], user_flip=0,
                output_color=rawpy.ColorSpace.raw, output_bps=16, gamma=(1, 1),
                no_auto_bright=True, adjust_maximum_thr=0,
            )  # fmt: skip

        linear = (np.median(libraw()[1000:2000], axis=0) / 65535)[8:-8]
        camera = grey_ramp()[0, 8:-8, None] / torch.tensor([GAINS])
        assert np.abs(linear - camera.numpy()).max() < 2 / (WHITE_DN - BLACK_DN)

        measure(
            libraw,
            group="demosaic alone",
            name=f"LibRaw {algorithm}, scaled and 16 bits out",
            ours=False,
        )


def test_demosaic_by_opencv(measure) -> None:
    dn = raw_frame().data[0, 0].numpy().astype(np.uint16)
    ours = make(STAGES["bilinear"], Cfa.RGGB, {})(raw_frame().data)[0].permute(1, 2, 0).numpy()

    def opencv() -> np.ndarray:
        return cv2.demosaicing(dn, cv2.COLOR_BayerRGGB2RGB)

    assert np.abs(opencv().astype(np.float32) - ours)[2:-2, 2:-2].max() <= 1  # its rounding

    measure(opencv, group="demosaic alone", name="OpenCV bilinear, uint16", ours=False)


def whole(demosaic: str, tone: str = "none") -> Pipeline:
    recipe = preset("srgb", Cfa.RGGB).choose("demosaic", demosaic).choose("tone", tone)
    return recipe.build(Cfa.RGGB)


def check_ramp(picture: np.ndarray) -> None:
    """The grey card's middle rows have the codes of sRGB, but for what 10 bits round away."""
    wanted = encode_srgb(grey_ramp()[0]).numpy()[:, None]
    middle = np.median(picture[1000:2000], axis=0)  # (w, 3); the median leaves out clipped rows
    difference = np.abs(middle - wanted)[8:-8]
    assert difference.mean() < 1 / 255
    assert difference.max() < 4 / 255


@pytest.mark.parametrize("demosaic", ["bilinear", "malvar2004", "gbtf_root"])
def test_the_whole_srgb_preset(measure, demosaic: str) -> None:
    pipeline = whole(demosaic)
    check_ramp(pipeline.develop(raw_frame()).data[0].permute(1, 2, 0).numpy())

    measure(
        lambda: pipeline.develop(raw_frame()),
        group="whole ISP, DN to sRGB",
        name=f"fullwell preset srgb, {demosaic}, float32 out",
        ours=demosaic == "malvar2004",
    )


@pytest.mark.parametrize("tone", ["reinhard2002", "filmic"])
def test_the_whole_preset_with_a_tone_curve(measure, tone: str) -> None:
    pipeline = whole("malvar2004", tone)

    developed = measure(
        lambda: pipeline.develop(raw_frame()),
        group="whole ISP, DN to sRGB",
        name=f"fullwell preset srgb, malvar2004, {tone}, float32 out",
        ours=False,
    )

    assert developed.domain is Domain.SDR


@contextmanager
def libraw(algorithm: str, folder: Path) -> Iterator[Callable[[], np.ndarray]]:
    """LibRaw's development of the frame's DNG, which is open and unpacked; checked."""
    path = folder / "grey.dng"
    write_dng(path, raw_frame())
    chosen = rawpy.DemosaicAlgorithm[algorithm]

    with rawpy.imread(str(path)) as raw:
        raw.unpack()

        def develop() -> np.ndarray:
            return raw.postprocess(
                demosaic_algorithm=chosen, use_camera_wb=True, user_flip=0, **SRGB_CODES
            )

        check_ramp(develop().astype(np.float32) / 255)
        yield develop


@pytest.mark.parametrize("algorithm", ["LINEAR", "AHD"])
def test_the_whole_of_libraw(measure, algorithm: str, tmp_path: Path) -> None:
    with libraw(algorithm, tmp_path) as develop:
        measure(
            develop,
            group="whole ISP, DN to sRGB",
            name=f"LibRaw postprocess {algorithm}, 8 bits out",
            ours=False,
        )


@functools.cache
def fused(tone: str = "none", demosaic: str = "malvar2004") -> FusedDevelopment:
    """The whole preset in one pass, checked against its stages; compiled by that."""
    pipeline = whole(demosaic, tone)
    ((_, stage),) = fuse(pipeline).stages
    assert isinstance(stage, FusedDevelopment)
    stages, developed = pipeline.develop(raw_frame()), stage.develop(raw_frame())
    assert float((developed.data - stages.data).abs().max()) < 1 / 65535
    assert torch.equal(developed.measured, stages.measured)
    assert torch.equal(developed.clipped, stages.clipped)
    assert developed.history == stages.history
    for bit_depth in (8, 16):
        wanted = torch.round(stages.data[0].permute(1, 2, 0).double() * (2**bit_depth - 1))
        codes = stage.develop_codes(raw_frame(), bit_depth)[0]
        assert float((codes.double() - wanted).abs().max()) <= 1
    return stage


@pytest.mark.parametrize(
    ("demosaic", "tone"), [*(("malvar2004", t) for t in TONES_FUSED), ("gbtf_root", "none")]
)
@pytest.mark.parametrize("bit_depth", [8, 16, None])
def test_the_whole_preset_fused(measure, demosaic: str, tone: str, bit_depth: int | None) -> None:
    stage = fused(tone, demosaic)
    out = "float32 and masks" if bit_depth is None else f"{bit_depth} bits"

    measure(
        lambda: (
            stage.develop_codes(raw_frame(), bit_depth) if bit_depth else stage.develop(raw_frame())
        ),
        group="whole ISP, DN to sRGB",
        name=f"fullwell fused, {demosaic}, {tone}, {out} out",
        ours=False,
    )


def test_the_whole_preset_fused_from_integers(measure) -> None:
    stage, frame = fused(), raw_frame()
    dn = frame.data.to(torch.uint16)

    def render() -> torch.Tensor | None:
        numbers, _ = numbers_of(stage.run, stage.cfa, frame)
        return cpu.render(dn, frame.clipped, stage.cfa, numbers, 8)

    codes = measure(
        render,
        group="whole ISP, DN to sRGB",
        name="fullwell fused, malvar2004, none, uint16 in, 8 bits out",
        ours=False,
    )
    assert torch.equal(codes, stage.develop_codes(frame))


@pytest.mark.parametrize(
    ("demosaic", "algorithm"),
    [("malvar2004", "LINEAR"), ("malvar2004", "AHD"), ("gbtf_root", "AHD"), ("gbtf_root", "DHT")],
)
@pytest.mark.parametrize("who", ["LibRaw", "fullwell"])
def test_the_fused_preset_beside_libraw(
    measure, who: str, demosaic: str, algorithm: str, tmp_path: Path
) -> None:
    """The other one's demosaicing is not ours; what both are asked for is 8-bit sRGB."""
    stage = fused(demosaic=demosaic)

    def ours() -> torch.Tensor:
        return stage.develop_codes(raw_frame())

    with libraw(algorithm, tmp_path) as theirs:
        measure(
            ours if who == "fullwell" else theirs,
            group=f"whole ISP, fused {demosaic} beside LibRaw {algorithm}",
            name="fullwell fused, 8 bits out" if who == "fullwell" else f"LibRaw {algorithm}",
            ours=who == "fullwell",
            against=theirs if who == "fullwell" else None,
        )


def on_threads(count: int) -> torch.Tensor:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        return fused().develop_codes(raw_frame())
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("threads_used", [1, 2])
def test_the_fused_preset_on_threads(measure, threads_used: int) -> None:
    codes = measure(
        lambda: on_threads(threads_used),
        group="whole ISP, fused, threads",
        name=f"fullwell fused, 8 bits out, {threads_used} thread(s)",
        ours=threads_used == 1,
        against=None if threads_used == 1 else lambda: on_threads(1),
    )

    assert torch.equal(codes, on_threads(1))
