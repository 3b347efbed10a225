"""A Radiance picture becomes a scene."""

from pathlib import Path

from isp.core.domain import Domain
from isp.files.radiance import read_hdr
from tests.isp.files.test_radiance_decode import write


def test_a_scene_is_bt709_of_unknown_luminance_unless_it_says_so(tmp_path: Path) -> None:
    frame = read_hdr(Path(write(tmp_path / "a.hdr")))

    assert frame.domain is Domain.SCENE
    assert frame.data[0, :, 0, 0].tolist() == [1.0, 0.5, 0.25]
    assert frame.colour is not None
    assert (frame.colour.space, frame.colour.anchor_cd_m2) == ("bt709", None)
