"""The compiled gbtf_root is the stage's picture, for any phase, size, tile and thread count."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.fused.demosaic_gbtf_root import demosaic_gbtf_root_fused
from isp.fused.gbtf_root_kernel import COLUMNS
from isp.stages.demosaic.gbtf_root import demosaic_gbtf_root

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
ONE_CODE = 1 / 65535
every_phase = pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)


def noise(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(8)
    return torch.rand(*shape, generator=generator) * 1.3 - 0.05


@every_phase
@pytest.mark.parametrize("toe", [1e-3, None])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 18), (37, 52)], ids=str)
def test_it_equals_the_stage_within_a_tenth_of_a_16_bit_code(
    cfa: Cfa, toe: float | None, size: tuple[int, int]
) -> None:
    mosaic = noise(2, 1, *size)

    compiled = demosaic_gbtf_root_fused(mosaic, cfa, toe)

    wanted = demosaic_gbtf_root(mosaic, cfa, toe)
    torch.testing.assert_close(compiled, wanted, rtol=0, atol=0.1 * ONE_CODE)


@every_phase
@pytest.mark.parametrize("along_rows", [False, True])
def test_bars_whose_directions_change_by_rounding_alone_are_the_stages_too(
    cfa: Cfa, along_rows: bool
) -> None:
    bars = torch.where(noise(40, 1, 1, 65) > 0.6, 0.955, 0.005).expand(-1, 1, 66, 65).contiguous()
    mosaic = bars.transpose(2, 3).contiguous() if along_rows else bars

    compiled = demosaic_gbtf_root_fused(mosaic, cfa)

    wanted = demosaic_gbtf_root(mosaic, cfa)
    torch.testing.assert_close(compiled, wanted, rtol=0, atol=0.2 * ONE_CODE)


@pytest.mark.parametrize("threads", [1, 2])
def test_tiles_of_columns_and_bands_of_rows_leave_no_seam(threads: int) -> None:
    mosaic = noise(1, 1, 137, COLUMNS + 33)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        compiled = demosaic_gbtf_root_fused(mosaic, Cfa.GRBG)
    finally:
        torch.set_num_threads(before)

    wanted = demosaic_gbtf_root(mosaic, Cfa.GRBG)
    torch.testing.assert_close(compiled, wanted, rtol=0, atol=0.2 * ONE_CODE)


@every_phase
def test_each_photosite_keeps_its_own_value_to_the_last_bit(cfa: Cfa) -> None:
    mosaic = noise(1, 1, 20, 30)

    picture = demosaic_gbtf_root_fused(mosaic, cfa)

    own = cfa.colour_map(20, 30)[None, None]
    assert torch.equal(picture.gather(1, own), mosaic)


def test_a_pattern_that_is_not_bayer_is_refused() -> None:
    with pytest.raises(ProfileError, match="not XTRANS"):
        demosaic_gbtf_root_fused(noise(1, 1, 12, 12), Cfa.XTRANS)
