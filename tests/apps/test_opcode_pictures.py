"""Pictures of what a file asks for show it: the map evens the corners, the fit is the chart's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from apps import opcode_pictures
from apps.opcode_pictures import fitted_colours, gain_map, look, warp
from calibration.colour_fit import apply_fit
from isp.core.colour import PRIMARIES, xyz_d50_to_rgb
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile

CROP = (0, 48, 0, 64)


def even(dn: torch.Tensor) -> Frame:
    shot = Shot.single(iso=100, exposure_time_s=0.01, white_balance=(1.0, 1.0, 1.0))
    return Frame.start(dn, Domain.RAW, shot=shot, profile=load_profile("GenericPhone"))


def pictures(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes if axes.images]


def test_the_map_brightens_the_corners_and_not_the_middle() -> None:
    without, with_map = pictures(gain_map(even(torch.full((1, 1, 48, 64), 300.0)), CROP))

    assert with_map[2, 2].mean() > without[2, 2].mean() + 0.1
    assert with_map[24, 32].mean() == pytest.approx(without[24, 32].mean(), abs=0.01)


def test_the_warp_moves_the_corners_and_not_the_middle() -> None:
    bars = torch.where(torch.arange(64) % 16 < 8, 200.0, 500.0).expand(1, 1, 48, 64)

    before, after = pictures(warp(even(bars.contiguous()), CROP))

    assert np.abs(after - before)[2:-2, 2:8].max() > 0.1
    assert np.abs(after - before)[23:25, 31:33].max() < 0.05


def test_a_look_lifts_the_blacks_and_cuts_the_blue() -> None:
    before, after = pictures(look(even(torch.full((1, 1, 48, 64), 900.0)), CROP))

    np.testing.assert_allclose(after, 0.06 + before * [0.94, 0.88, 0.76], atol=0.01)


def test_the_fit_finds_the_matrix_of_a_camera_that_sees_bt709(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opcode_pictures, "compared", lambda frame, crop, variants, size: variants)
    colours = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(3)) * 0.5 + 0.1
    truth = F.interpolate(colours, scale_factor=8, mode="bilinear", align_corners=True)
    site = torch.tensor([[0, 1], [1, 2]]).repeat(24, 32)[None, None]
    light = Frame.start(truth, Domain.LINEAR)

    variants = fitted_colours(even(64 + 600 * truth.gather(1, site)), light, CROP)

    numbers = variants["root_polynomial"][1]["root_polynomial"]["coefficients"]
    xyz = apply_fit(colours[0].flatten(1).T.double().numpy(), np.reshape(numbers, (3, 6)))
    back = xyz @ xyz_d50_to_rgb(PRIMARIES["bt709"]).T
    wanted = colours[0].flatten(1).T.double().numpy()
    scale = back[:, 1].mean() / wanted[:, 1].mean()  # the profile's white level
    np.testing.assert_allclose(back / scale, wanted, atol=0.03)
