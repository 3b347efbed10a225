"""Frames and pipelines on which the fused pass is held against the stages."""

from dataclasses import replace

import torch
from torch import Tensor

from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.sensor import ColourMatrixEntry, Defect, SensorProfile
from isp.core.shot import Shot
from isp.fused.development import FusedDevelopment
from isp.fused.plan import fuse

MASKS = ("measured", "clipped", "generated")
BLACK_DN, WHITE_DN = (60.0, 64.0, 66.0, 70.0), 4000.0


def profile_of(cfa: Cfa, defects: tuple[tuple[int, int], ...] = ()) -> SensorProfile:
    """A 12-bit sensor with another black level at each site and two calibrated lights."""
    lights = {
        "A": ((0.8924, -0.3113, -0.0212), (-0.4132, 1.2244, 0.2114), (-0.0467, 0.1485, 0.6362)),
        "D65": ((0.7171, -0.1986, -0.0648), (-0.8085, 1.5555, 0.2718), (-0.2170, 0.2512, 0.7457)),
    }
    return SensorProfile(
        name="fused", cfa=cfa, bit_depth=12, black_level_dn=BLACK_DN, white_level_dn=WHITE_DN,
        readings=(),
        colour_matrices=tuple(
            ColourMatrixEntry(illuminant=light, xyz_to_camera=matrix)
            for light, matrix in lights.items()
        ),
        defects=tuple(Defect(row=row, column=column) for row, column in defects),
    )  # fmt: skip


def frame_of(
    cfa: Cfa,
    size: tuple[int, int] = (23, 38),
    batch: int = 2,
    defects: tuple[tuple[int, int], ...] = (),
    dn: Tensor | None = None,
) -> Frame:
    """A frame of noise, shadows below black and clipped spots, each image with its own balance."""
    generator = torch.Generator().manual_seed(size[0] + 100 * size[1])
    if dn is None:
        # Squared: half of it in the lowest quarter, where the encoding is steepest.
        light = torch.rand(batch, 1, *size, generator=generator) ** 2
        dn = torch.round(40 + 4000 * light)
    clipped = (torch.rand(dn.shape, generator=generator) > 0.98) | (dn >= WHITE_DN)
    dn = torch.where(clipped, 4095.0, dn)
    measured = ~clipped & (torch.rand(dn.shape, generator=generator) > 0.02)
    for row, column in defects:
        if row < size[0] and column < size[1]:
            measured[..., row, column] = clipped[..., row, column] = False
    generated = torch.rand(dn.shape, generator=generator) > 0.99
    spread = torch.arange(float(len(dn)))
    balance = torch.stack([2.1 - 0.4 * spread, torch.ones(len(dn)), 1.4 + 0.3 * spread], dim=1)
    shot = Shot(
        white_balance=balance, baseline_exposure_ev=0.3 - 0.5 * spread, item=torch.arange(len(dn))
    )
    return Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile_of(cfa, defects), measured=measured,
        clipped=clipped, generated=generated, history=(("before", {}),),
    )  # fmt: skip


def srgb(cfa: Cfa, tone: str = "none", demosaic: str = "malvar2004", ev: float = 0.0) -> Pipeline:
    """The sRGB preset with a tone curve."""
    recipe = preset("srgb", cfa).choose("tone", tone).choose("demosaic", demosaic)
    return recipe.set("exposure", ev=ev).build(cfa)


def fused_of(pipeline: Pipeline) -> FusedDevelopment:
    """The fused stage that `fuse` makes."""
    (stage,) = (s for _, s in fuse(pipeline).stages if isinstance(s, FusedDevelopment))
    return stage


def codes_of(picture: Tensor, bit_depth: int) -> Tensor:
    """What a file holds of an SDR picture, as doubles, (b, h, w, 3)."""
    return torch.round(picture.double().clamp(0, 1) * (2**bit_depth - 1)).permute(0, 2, 3, 1)


def unmasked(frame: Frame) -> Frame:
    """The frame with masks that say nothing, one value each."""
    start = Frame.start(frame.data, frame.domain)
    return replace(frame, **{name: getattr(start, name) for name in MASKS})


def assert_the_stages_frame(pipeline: Pipeline, frame: Frame, rendered: list[bool]) -> Frame:
    stages, fused = pipeline.develop(frame), fuse(pipeline).develop(frame)

    assert rendered == [True]
    assert fused.domain is stages.domain
    assert fused.history == stages.history
    assert (fused.colour is None) == (stages.colour is None)
    if stages.colour is not None and fused.colour is not None:
        assert fused.colour.primaries == stages.colour.primaries
        assert fused.colour.transfer == stages.colour.transfer
    assert torch.equal(fused.shot.need("white_balance"), stages.shot.need("white_balance"))
    assert fused.profile is stages.profile
    for name in MASKS:
        assert torch.equal(getattr(fused, name), getattr(stages, name)), name
    assert fused.data.shape == stages.data.shape
    if stages.domain is Domain.SDR:
        assert float((codes_of(fused.data, 16) - codes_of(stages.data, 16)).abs().max()) <= 1
        rendered.clear()
        for bit_depth in (8, 16):
            codes = fused_of(pipeline).develop_codes(frame, bit_depth)
            assert codes.dtype == (torch.uint8 if bit_depth == 8 else torch.uint16)
            difference = codes.double() - codes_of(stages.data, bit_depth)
            assert float(difference.abs().max()) <= 1
        assert rendered == [True, True]
    else:
        # A dozen float32 operations on values up to 4 each.
        torch.testing.assert_close(fused.data, stages.data, rtol=1e-6, atol=12 * 4 * 2.0**-24)
    return fused
