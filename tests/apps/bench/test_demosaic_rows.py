"""Every row of the demosaic tables runs, and on grey light they agree."""

import pytest
import torch

from apps.bench.demosaic_rows import one_thread, rows_for
from isp.core.cfa import Cfa


def ramp() -> torch.Tensor:
    """Grey light that rises slowly: no method has a reason to be wrong inside."""
    rows, columns = torch.meshgrid(torch.arange(42.0), torch.arange(48.0), indexing="ij")
    return (0.2 + 0.002 * rows + 0.003 * columns).double()


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB], ids=lambda cfa: cfa.name)
def test_every_row_gives_back_a_grey_ramp_and_a_time(cfa: Cfa) -> None:
    rows = rows_for(cfa)

    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        picture, seconds = row.run(ramp(), 1)
        assert picture.shape == (42, 48, 3), row.name
        error = abs(picture - ramp()[..., None].numpy())[12:-12, 12:-12].max()
        assert error < 0.006, row.name  # two steps of the ramp
        assert seconds > 0, row.name


def test_bayer_has_each_of_ours_and_the_modes_of_the_peers() -> None:
    names = [row.name for row in rows_for(Cfa.RGGB)]

    for key in ("bilinear", "malvar2004", "menon2007", "gbtf_root", "directional_mmse"):
        assert f"fullwell {key}" in names
    for mode in ("LINEAR", "VNG", "PPG", "AHD", "DCB", "DHT", "AAHD"):
        assert f"LibRaw {mode}" in names
    assert {"colour-demosaicing Malvar 2004", "colour-demosaicing Menon 2007", "OpenCV EA"} <= set(
        names
    )


def test_one_thread_is_said_to_torch_and_to_the_programs_that_start_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = torch.get_num_threads()
    for name in ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        monkeypatch.setenv(name, "8")
    try:
        one_thread()

        import os

        assert torch.get_num_threads() == 1
        assert os.environ["OMP_NUM_THREADS"] == os.environ["OPENCV_FOR_THREADS_NUM"] == "1"
    finally:
        torch.set_num_threads(before)
