"""Large frames go by tiles, small ones whole, and nobody sees which."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from enhance.tiling import HALOS, LEAST_SIDE, in_tiles, tile_side
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.stage import Stage


class Mean(Stage):
    """The mean of (2 halo + 1)^2 photosites; it notes the sizes that it saw."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    exportable = False

    def __init__(self, halo: int, halo_said: int | None = None) -> None:
        super().__init__()
        self.reach = halo
        self.halo = halo if halo_said is None else halo_said
        self.multiple = 2
        self.seen: list[tuple[int, int]] = []

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return (frame.data,)

    def forward(self, mosaic: Tensor) -> Tensor:
        self.seen.append((mosaic.shape[-2], mosaic.shape[-1]))
        side = 2 * self.reach + 1
        return F.avg_pool2d(mosaic, side, stride=1, padding=self.reach, count_include_pad=False)

    def develop(self, frame: Frame) -> Frame:
        return in_tiles(self, frame, super().develop)


def frame(height: int, width: int) -> Frame:
    light = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(2))
    profile = SensorProfile(
        name="t", cfa=Cfa.RGGB, bit_depth=14, black_level_dn=(0.0,) * 4, white_level_dn=1000.0,
        readings=(),
    )  # fmt: skip
    return Frame.start(light, Domain.MOSAIC, profile=profile, shot=Shot.single(iso=100))


def test_a_tile_is_as_large_as_its_margins_make_worth() -> None:
    assert tile_side(Mean(0)) == LEAST_SIDE
    assert tile_side(Mean(200)) == HALOS * 200


def test_a_small_frame_goes_whole() -> None:
    stage = Mean(3)

    stage.develop(frame(200, LEAST_SIDE + 6))

    assert stage.seen == [(200, LEAST_SIDE + 6)]


def test_a_large_frame_goes_by_tiles_of_bounded_size_and_is_the_whole() -> None:
    stage, alone = Mean(3), Mean(3)
    large = frame(700, 1100)

    tiled = stage.develop(large)

    whole = alone.forward(large.data)
    assert len(stage.seen) > 1
    assert max(max(size) for size in stage.seen) <= LEAST_SIDE + 2 * (3 + 1)
    torch.testing.assert_close(tiled.data, whole, rtol=0, atol=1e-5)
    assert tiled.size == (700, 1100)
    assert [name for name, _ in tiled.history] == [stage.name]


def test_a_halo_that_is_too_small_would_show() -> None:
    stage = Mean(9, halo_said=2)
    large = frame(64, 1100)

    assert float((stage.develop(large).data - stage.forward(large.data)).abs().max()) > 1e-3


def test_a_stage_that_no_margin_is_enough_for_goes_whole() -> None:
    stage = Mean(3)
    stage.tileable = False  # type: ignore[misc]

    stage.develop(frame(64, 1500))

    assert stage.seen == [(64, 1500)]


def test_a_tile_itself_is_not_cut_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enhance.tiling.LEAST_SIDE", 32)
    stage = Mean(1)

    stage.develop(frame(64, 100))

    assert all(max(size) <= 32 + 2 * 2 for size in stage.seen)
    assert sum(h * w for h, w in stage.seen) < 64 * 100 * 2
