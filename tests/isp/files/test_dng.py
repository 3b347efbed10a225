"""A DNG gives every DN, level, pattern, colour and exposure back to LibRaw and to us."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy
import tifffile
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, OutputError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.picture import read_picture
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from tests.isp.files.samples import camera, raw_frame
from tests.strategies import BAYER_PHASES

# Tag and IFD: what the minimal recipe of CONVENTIONS 1.1 asks for. exiftool does not notice
# a missing DNGVersion, CFARepeatPatternDim, ColorMatrix or AsShotNeutral.
RECIPE = {
    254, 256, 257, 258, 259, 262, 271, 272, 273, 274, 277, 278, 279, 305, 33421, 33422, 34665,
    50706, 50707, 50708, 50710, 50711, 50713, 50714, 50717, 50721, 50722, 50728, 50778, 50779,
    51041,
}  # fmt: skip
NEVER = {50829, 50830, 50729}  # ActiveArea, MaskedAreas, AsShotWhiteXY


@pytest.mark.parametrize("bit_depth", [10, 12, 14, 16])
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda c: c.name)
def test_libraw_reads_back_what_was_written(cfa: Cfa, bit_depth: int, tmp_path: Path) -> None:
    black = (60.0, 64.0, 66.0, 70.0)
    frame = raw_frame(camera(cfa, bit_depth, black))
    write_dng(tmp_path / "a.dng", frame)

    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        names = raw.color_desc.decode()
        pattern = tuple(tuple(names[i] for i in row) for row in raw.raw_pattern)
        levels = [raw.black_level_per_channel[i] for i in raw.raw_pattern.ravel()]
        dn, white, balance = raw.raw_image.copy(), raw.white_level, raw.camera_whitebalance
        shot = raw.other

    assert np.array_equal(dn, frame.data[0, 0].numpy())
    assert pattern == cfa.pattern
    assert levels == list(black)
    assert white == 2**bit_depth - 1
    assert balance[:3] == pytest.approx([2.0, 1.0, 1.5], rel=1e-6)
    assert (shot.iso_speed, shot.shutter_speed) == (400.0, pytest.approx(1 / 60))
    assert shot.aperture == pytest.approx(2.8)


@pytest.mark.parametrize(
    "cfa", [Cfa.GBRG, Cfa.XTRANS, Cfa.XTRANS.crop(2, 5), Cfa.MONO], ids=lambda c: c.name
)
def test_we_read_back_the_frame_that_was_written(cfa: Cfa, tmp_path: Path) -> None:
    sites = cfa.period[0] * cfa.period[1]
    profile = camera(cfa, 14, tuple(500.1 + 0.3 * i for i in range(sites)))
    if cfa == Cfa.MONO:
        profile = replace(profile, colour_matrices=())
    frame = raw_frame(profile)
    write_dng(tmp_path / "a.dng", frame)

    back = read_raw(tmp_path / "a.dng")

    assert torch.equal(back.data, frame.data)
    assert back.domain is Domain.RAW
    assert back.profile is not None
    assert back.profile.cfa == cfa
    assert back.profile.black_level_dn == profile.black_level_dn  # exact: from the sidecar
    assert (back.profile.white_level_dn, back.profile.bit_depth) == (16383.0, 14)
    assert back.profile.readings[0].system_gain_dn_per_e == pytest.approx(0.8, rel=1e-6)
    assert back.profile.readings[0].read_noise_e == pytest.approx(2.5, rel=1e-6)
    assert back.shot.iso is not None
    assert back.shot.iso.tolist() == [400.0]
    if cfa != Cfa.MONO:
        assert back.shot.white_balance is not None
        assert back.shot.white_balance[0].tolist() == pytest.approx([2.0, 1.0, 1.5])
        matrices = {m.illuminant: m.xyz_to_camera for m in back.profile.colour_matrices}
        wanted = {m.illuminant: m.xyz_to_camera for m in profile.colour_matrices}
        assert matrices == wanted


def test_without_the_sidecar_black_is_exact_to_a_256th(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera(black=(60.3, 64.0, 66.0, 70.0))))
    (tmp_path / "a.json").unlink()

    back = read_raw(tmp_path / "a.dng")

    assert back.profile is not None
    assert back.profile.black_level_dn == (60.30078125, 64.0, 66.0, 70.0)


def test_a_foreign_sidecar_does_not_change_the_levels(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    (tmp_path / "a.json").write_text('{"format": "fullwell dng", "black_level_dn": [9, 9, 9, 9]}')

    back = read_raw(tmp_path / "a.dng")

    assert back.profile is not None
    assert back.profile.black_level_dn == (60.0,) * 4


def test_every_tag_of_the_recipe_is_there_and_no_other(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    with tifffile.TiffFile(tmp_path / "a.dng") as tiff:
        tags = tiff.pages[0].tags
        found = {tag.code for tag in tags}
        resolution = {282, 283, 296}  # tifffile's own
        assert found - resolution == RECIPE
        assert not found & NEVER
        assert tags["DNGVersion"].value == bytes([1, 4, 0, 0])
        assert tags["DNGBackwardVersion"].value == bytes([1, 1, 0, 0])
        assert tags["UniqueCameraModel"].value == "fullwell test camera"
        assert not tiff.is_bigtiff
        assert len(tiff.pages) == 1
        assert tiff.pages[0].compression == 1
        assert set(tags["ExifTag"].value) == {
            "ExposureTime", "FNumber", "ISOSpeedRatings", "ExifVersion",
        }  # fmt: skip


def test_the_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.dng", "b.dng"):
        write_dng(tmp_path / name, raw_frame(camera()))

    assert (tmp_path / "a.dng").read_bytes() == (tmp_path / "b.dng").read_bytes()
    truths = [json.loads((tmp_path / n).read_text()) for n in ("a.json", "b.json")]
    assert [t.pop("file") for t in truths] == ["a.dng", "b.dng"]
    assert truths[0] == truths[1]


def test_no_path_of_the_machine_is_in_the_files(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    for file in tmp_path.iterdir():
        assert str(tmp_path).encode() not in file.read_bytes()


def test_the_sidecar_keeps_shot_and_history(tmp_path: Path) -> None:
    frame = raw_frame(camera()).advance("read_noise", {"seed": 7})
    write_dng(tmp_path / "a.dng", frame)

    truth = json.loads((tmp_path / "a.json").read_text())

    assert truth["history"] == [["read_noise", {"seed": 7}]]
    assert truth["shot"]["iso"] == [400.0]
    assert truth["black_level_dn"] == [60.0] * 4


@pytest.mark.parametrize("cfa", [Cfa.QUAD_RGGB, Cfa.RGBW, Cfa.RCCB], ids=lambda c: c.name)
def test_a_pattern_that_readers_get_wrong_is_refused(cfa: Cfa, tmp_path: Path) -> None:
    with pytest.raises(
        FrameError, match=rf"cannot hold the pattern {cfa.name} .*NAME\.raw .*NAME\.tif"
    ):
        write_dng(tmp_path / "a.dng", raw_frame(camera(cfa)))

    assert list(tmp_path.iterdir()) == []


def test_a_frame_too_small_for_libraw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="60 x 21 is too small"):
        write_dng(tmp_path / "a.dng", raw_frame(camera(), 21, 60))


@pytest.mark.parametrize("value", [-1.0, 65536.0, 0.5, float("nan")])
def test_dn_that_no_dng_holds_are_counted_and_refused(value: float, tmp_path: Path) -> None:
    frame = raw_frame(camera())
    data = frame.data.clone()
    data[0, 0, 3, 4] = value

    with pytest.raises(FrameError, match="1 DN are not integers"):
        write_dng(tmp_path / "a.dng", replace(frame, data=data))

    assert list(tmp_path.iterdir()) == []


def test_only_one_frame_of_the_domains_that_a_dng_holds_is_written(tmp_path: Path) -> None:
    frame = raw_frame(camera())
    with pytest.raises(DomainError, match="the frame is in electrons"):
        write_dng(tmp_path / "a.dng", replace(frame, domain=Domain.ELECTRONS))
    batch = Frame.start(frame.data.repeat(2, 1, 1, 1), Domain.RAW, profile=frame.profile)
    with pytest.raises(FrameError, match="a batch of 2"):
        write_dng(tmp_path / "a.dng", batch)


def test_an_existing_sidecar_stops_the_dng_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"file": "a.dng"}')

    with pytest.raises(OutputError, match=r"a\.json: it exists already"):
        write_dng(tmp_path / "a.dng", raw_frame(camera()))

    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.parametrize("cfa", [*BAYER_PHASES, Cfa.XTRANS, Cfa.MONO], ids=lambda c: c.name)
def test_exiftool_has_nothing_to_complain_of(cfa: Cfa, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    profile = camera(cfa, 12, tuple(60.3 for _ in range(cfa.period[0] * cfa.period[1])))
    if cfa == Cfa.MONO:
        profile = replace(profile, colour_matrices=())
    write_dng(tmp_path / "a.dng", raw_frame(profile))

    done = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", str(tmp_path / "a.dng")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.split(":")[1].strip() == "OK"
    assert "Warning" not in done.stdout


@pytest.mark.slow
@pytest.mark.peer
def test_darktable_develops_it(tmp_path: Path) -> None:
    if shutil.which("darktable-cli") is None:
        pytest.skip("darktable-cli is not installed")
    profile = load_profile("NikonD850")
    gains = (2.2, 1.0, 1.3)
    neutral = 1 / torch.tensor([gains])
    light = 400 + 0.4 * (15520 - 400) * profile.cfa.spread(neutral, 120, 160)  # a grey card
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=4, white_balance=gains)
    write_dng(
        tmp_path / "a.dng", Frame.start(light.round(), Domain.RAW, profile=profile, shot=shot)
    )

    subprocess.run(
        ["darktable-cli", str(tmp_path / "a.dng"), str(tmp_path / "a.png"), "--core",
         "--configdir", str(tmp_path / "config"), "--cachedir", str(tmp_path / "cache"),
         "--library", ":memory:", "--disable-opencl"],
        capture_output=True, check=True, timeout=300,
    )  # fmt: skip

    picture = read_picture(tmp_path / "a.png").data[0]
    red, green, blue = picture[:, 20:-20, 20:-20].mean(dim=(1, 2)).tolist()
    # 0.4 of white is 0.66 in sRGB codes; darktable's own tone curve moves it, not its hue.
    assert 0.4 < green < 0.95
    assert abs(red - green) < 0.03
    assert abs(blue - green) < 0.03


def test_white_level_is_where_a_shallow_well_saturates(tmp_path: Path, shallow: Frame) -> None:
    write_dng(tmp_path / "a.dng", shallow)

    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        assert raw.white_level == 700


def test_the_sidecar_gives_back_white_level_and_full_well(tmp_path: Path, shallow: Frame) -> None:
    write_dng(tmp_path / "a.dng", shallow)

    back = read_raw(tmp_path / "a.dng")

    assert back.profile is not None
    assert (back.profile.white_level_dn, back.profile.full_well_e) == (4095, 3000.0)
    assert back.profile.readings[0].system_gain_dn_per_e == pytest.approx(1 / 6, rel=1e-6)


@pytest.mark.parametrize("with_sidecar", [True, False])
def test_a_full_well_is_clipped_in_the_file_read_back(
    tmp_path: Path, shallow: Frame, with_sidecar: bool
) -> None:
    write_dng(tmp_path / "a.dng", shallow)
    if not with_sidecar:
        (tmp_path / "a.json").unlink()

    back = read_raw(tmp_path / "a.dng")

    assert bool(back.clipped[..., 16:, :].all())
    assert not bool(back.clipped[..., :16, :].any())


def test_a_file_of_the_user_is_not_taken_for_a_sidecar_even_by_force(
    tmp_path: Path, shallow: Frame
) -> None:
    (tmp_path / "a.json").write_text('{"name": "my camera"}')

    with pytest.raises(OutputError, match=r"a\.json: it is no sidecar of fullwell"):
        write_dng(tmp_path / "a.dng", shallow, force=True)

    assert (tmp_path / "a.json").read_text() == '{"name": "my camera"}'
    assert not (tmp_path / "a.dng").exists()


def test_a_strange_json_beside_a_dng_keeps_nobody_from_reading_it(
    tmp_path: Path, shallow: Frame
) -> None:
    write_dng(tmp_path / "a.dng", shallow)
    (tmp_path / "a.json").write_text("[1, 2")

    assert torch.equal(read_raw(tmp_path / "a.dng").data, shallow.data)
