"""A Radiance picture becomes a scene, and light a Radiance picture."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.files.radiance import read_hdr, write_hdr
from tests.isp.files.samples import linear_frame
from tests.isp.files.test_radiance_decode import write


def test_a_scene_is_bt709_of_unknown_luminance_unless_it_says_so(tmp_path: Path) -> None:
    frame = read_hdr(Path(write(tmp_path / "a.hdr")))

    assert frame.domain is Domain.SCENE
    assert frame.data[0, :, 0, 0].tolist() == [1.0, 0.5, 0.25]
    assert frame.colour is not None
    assert (frame.colour.space, frame.colour.anchor_cd_m2) == ("bt709", None)


def light_of_two(red: float = 4.0) -> Frame:
    """A bright red beside a grey, in BT.2020."""
    light = torch.tensor([[red, 1.0, 0.5], [0.25, 0.25, 0.25]]).T.reshape(1, 3, 1, 2)
    return Frame.start(light, Domain.HDR, colour=Colour(primaries=PRIMARIES["bt2020"]))


def test_imagecodecs_reads_the_light_within_a_mantissa_s_step(tmp_path: Path) -> None:
    frame = linear_frame(20, 40)
    assert write_hdr(tmp_path / "a.hdr", frame) == 0

    theirs = imagecodecs.rgbe_decode((tmp_path / "a.hdr").read_bytes())

    light = frame.data[0].permute(1, 2, 0).numpy()
    step = light.max(axis=2, keepdims=True) * 2**-7  # of the largest channel, cut or rounded
    assert (np.abs(theirs - light) <= step).all()


def test_light_is_turned_to_bt709_and_comes_back_through_our_reader(tmp_path: Path) -> None:
    write_hdr(tmp_path / "a.hdr", light_of_two())

    back = read_hdr(tmp_path / "a.hdr").data[0, :, 0, 0].numpy()

    expected = np.array([[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349],
                         [-0.018151, -0.100579, 1.118730]]) @ [4, 1, 0.5]  # fmt: skip
    assert np.abs(back - expected).max() <= expected.max() * 2**-7


def test_what_lies_below_zero_is_counted_and_cut(tmp_path: Path) -> None:
    assert write_hdr(tmp_path / "a.hdr", light_of_two(red=12.0)) == 1

    assert float(read_hdr(tmp_path / "a.hdr").data.min()) == 0


@pytest.mark.parametrize(
    ("value", "trouble"), [(float("nan"), "NaN or infinite"), (2e38, "beyond the format's")]
)
def test_what_the_format_cannot_hold_is_refused(value: float, trouble: str, tmp_path: Path) -> None:
    frame = Frame.start(torch.full((1, 3, 2, 2), value), Domain.LINEAR, colour=Colour())

    with pytest.raises(FrameError, match=trouble):
        write_hdr(tmp_path / "a.hdr", frame)
    assert list(tmp_path.iterdir()) == []
