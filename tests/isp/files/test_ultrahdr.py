"""Ultra HDR JPEG: what we write is rebuilt by libultrahdr, OpenImageIO and ourselves."""

import io
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, MpoImagePlugin

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.files.gain_map import OFFSET, GainMapFacts, make_gain_map
from isp.files.iso21496 import URN, unpack_facts
from isp.files.jpeg_segments import XMP, segments, xmp_segment
from isp.files.picture import masks_path, read_picture
from isp.files.ultrahdr import read_ultrahdr, write_ultrahdr
from isp.stages.encode import Encode
from isp.stages.tone.reinhard2002 import ReinhardTone
from tests.isp.files.samples import camera, raw_frame, sdr_frame
from tests.isp.files.second_readers import read_by_oiio, said_by

SIZE = (48, 64)
HALF = 2**-11  # relative rounding of a half float


def hdr_light(space: str = "bt709") -> Frame:
    """Smooth colours of 1/16 to 8 times white."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    red, green = np.exp2(7 * columns / SIZE[1] - 4), np.exp2(7 * rows / SIZE[0] - 4)
    light = np.stack([red, green, np.full(SIZE, 0.2)])[None].astype(np.float32)
    colour = Colour(primaries=PRIMARIES[space])
    return Frame.start(torch.from_numpy(light), Domain.HDR, colour=colour)


def tone_mapped(frame: Frame) -> Frame:
    """The picture a user made of the light."""
    return Encode().develop(ReinhardTone().develop(replace(frame, domain=Domain.LINEAR)))


def pixels(frame: Frame) -> NDArray[np.float64]:
    return frame.data[0].permute(1, 2, 0).double().numpy()


def parts(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], GainMapFacts]:
    """Base codes, map codes and what they mean, by Pillow and our reading of ISO 21496-1."""
    with MpoImagePlugin.MpoImageFile(str(path)) as pictures:
        base = np.asarray(pictures.convert("RGB"), dtype=np.float64)
        pictures.seek(1)
        code = np.asarray(pictures.convert("RGB"), dtype=np.float64)
    stored = path.read_bytes()
    packed = stored[stored.rindex(URN) + len(URN) :]
    return base, code, unpack_facts(packed)


def decoded(code: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = np.clip(code, 0, 255) / 255
    return np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)


def bound_in_stops(
    path: Path, light: NDArray[np.float64], map_codes: float, base_codes: float
) -> NDArray[np.float64]:
    """How far log2(HDR + k) may be off.

    The map: half a code of rounding, what its own JPEG moved (measured against the codes that
    the formula gives for the base as it decodes), and `map_codes` of the reader. The base: a
    reader's `base_codes` beside Pillow's, worth most where it is dark.
    """
    base, stored, facts = parts(path)
    wanted, _ = make_gain_map(decoded(base), light, np.ones(3) / 3)
    moved = np.abs(stored - wanted).max()
    span = np.array(facts.most) - np.array(facts.least)
    of_map = (0.5 + moved + map_codes) / 255 * span
    brighter = (decoded(base + base_codes) + OFFSET) / (decoded(base) + OFFSET)
    darker = (decoded(base) + OFFSET) / (decoded(base - base_codes) + OFFSET)
    return of_map + np.log2(np.maximum(brighter, darker))


def stops_between(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(np.log2((a + OFFSET) / (b + OFFSET)))


@pytest.mark.parametrize("quality", [95, 100])
@pytest.mark.parametrize("own_base", [False, True], ids=["cut", "own base"])
def test_hdr_comes_back_within_what_the_map_s_8_bits_imply(
    own_base: bool, quality: int, tmp_path: Path
) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"
    base = tone_mapped(frame) if own_base else None
    assert write_ultrahdr(path, frame, base=base, quality=quality) == 0

    back = read_ultrahdr(path)

    assert back.domain is Domain.HDR
    off = stops_between(pixels(back), pixels(frame))
    assert (off <= bound_in_stops(path, pixels(frame), 0, 0) + 1e-6).all()
    if quality == 100:
        assert off.max() < 0.1  # 7 % on light that spans 7 stops


@pytest.mark.parametrize("space", ["bt709", "p3", "bt2020"])
def test_libultrahdr_and_openimageio_rebuild_the_light(space: str, tmp_path: Path) -> None:
    frame, path = hdr_light(space), tmp_path / "a.jpg"
    write_ultrahdr(path, frame, space=space, quality=98)

    theirs = imagecodecs.ultrahdr_decode(path.read_bytes())[..., :3].astype(np.float64)

    # It looks gains up in a table of 1024 steps, and its JPEG decoder may round to the next code.
    bound = bound_in_stops(path, pixels(frame), 0.5 * 255 / 1023 + 1, 1)
    half = np.log2(1 + HALF)
    assert (stops_between(theirs, pixels(frame)) <= bound + half + 1e-3).all()
    assert np.abs(read_by_oiio(path, "float") - theirs).max() <= 8 * HALF


def without(path: Path, name: bytes) -> bytes:
    """The file with one description's segments renamed, so that no reader knows them."""
    assert path.read_bytes().count(name) >= 2
    return path.read_bytes().replace(name, bytes(len(name)))


def test_either_description_alone_is_enough_for_libultrahdr_and_for_us(tmp_path: Path) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"
    # Its XMP reader takes one number a property.
    write_ultrahdr(path, frame, channels=1, quality=98)
    both = imagecodecs.ultrahdr_decode(path.read_bytes())[..., :3].astype(np.float64)

    for name, left in ((URN, "hdrgm XMP"), (XMP, "ISO 21496-1")):
        only = tmp_path / f"{left[:3]}.jpg"
        only.write_bytes(without(path, name))
        theirs = imagecodecs.ultrahdr_decode(only.read_bytes())[..., :3].astype(np.float64)
        assert stops_between(theirs, both).max() <= 2 * np.log2(1 + HALF) + 1e-4
        ours = read_ultrahdr(only)
        assert ours.history[0][1]["metadata"] == left
        torch.testing.assert_close(ours.data, read_ultrahdr(path).data, rtol=1e-5, atol=1e-6)


def test_one_channel_keeps_luminance_within_the_bound(tmp_path: Path) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"
    base = tone_mapped(frame)
    write_ultrahdr(path, frame, base=base, channels=1, quality=100)

    weights = np.array([0.2126390, 0.7151687, 0.0721923])
    theirs = imagecodecs.ultrahdr_decode(path.read_bytes())[..., :3].astype(np.float64)

    _, stored, facts = parts(path)
    wanted, _ = make_gain_map(decoded(parts(path)[0]), pixels(frame), weights, channels=1)
    moved = np.abs(stored[..., :1] - wanted).max()
    span = facts.most[0] - facts.least[0]
    # The gain is right for Y + 1/64; the same gain on each channel leaves Y its offset.
    off = stops_between(theirs @ weights, pixels(frame) @ weights)
    assert off.max() <= (0.5 + moved + 1.2) / 255 * span + 2e-2


def test_readers_that_know_no_gain_map_see_the_user_s_own_picture(tmp_path: Path) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"
    base = tone_mapped(frame)
    write_ultrahdr(path, frame, base=base, quality=98)

    with Image.open(path) as picture:
        seen = np.asarray(picture.convert("RGB")) / 255
    assert np.abs(seen - pixels(base)).max() < 4 / 255
    ours = read_picture(path)
    assert ours.domain is Domain.SDR
    assert np.array_equal(np.rint(pixels(ours) * 255), np.rint(seen * 255))


def test_exiftool_finds_both_descriptions_the_list_and_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    write_ultrahdr(path, hdr_light())

    said = said_by("exiftool", "-s3", "-a", "-MPF0:NumberOfImages", "-XMP-hdrgm:Version",
                   "-XMP-Container:all", path).split()  # fmt: skip

    assert said[:-1] == ["2", "1.0", "Primary", "image/jpeg", "GainMap", "image/jpeg"]
    length = int(said[-1])
    stored = path.read_bytes()
    assert stored[len(stored) - length :][:2] == b"\xff\xd8"
    told = said_by("exiftool", "-validate", "-warning", "-error", "-a", path)
    trouble = [line for line in told.splitlines() if "[minor]" not in line]
    assert all("Validate" in line for line in trouble), told


def test_iso_metadata_stand_in_both_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    write_ultrahdr(path, hdr_light())
    stored = path.read_bytes()

    first = [s.content for s in segments(stored) if s.content.startswith(URN)]
    second = stored[stored.index(b"\xff\xd9\xff\xd8") + 2 :]
    full = [s.content for s in segments(second) if s.content.startswith(URN)]

    assert first == [URN + bytes(4)]  # the version alone
    assert [len(content) for content in full] == [len(URN) + 141]


def test_light_below_zero_is_counted_and_cut(tmp_path: Path) -> None:
    frame = hdr_light()
    data = frame.data.clone()
    data[0, 2, 0, :5] = -0.1

    assert write_ultrahdr(tmp_path / "a.jpg", replace(frame, data=data)) == 5


def test_a_frame_darker_than_white_is_still_a_valid_file(tmp_path: Path) -> None:
    dark = Frame.start(torch.full((1, 3, 16, 16), 0.25), Domain.HDR, colour=Colour())
    write_ultrahdr(tmp_path / "a.jpg", dark)

    back = read_ultrahdr(tmp_path / "a.jpg")

    torch.testing.assert_close(back.data, dark.data, rtol=1e-4, atol=1e-5)
    theirs = imagecodecs.ultrahdr_decode((tmp_path / "a.jpg").read_bytes())
    assert np.abs(theirs[..., :3] - 0.25).max() < 0.01


def test_masks_lie_beside_and_pixels_at_both_ends_are_unmeasured(tmp_path: Path) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"
    data = frame.data.clone()
    data[..., :16, :16], data[..., -16:, -16:] = 0.0, 64.0
    write_ultrahdr(path, replace(frame, data=data), masks=True, quality=100)

    back = read_ultrahdr(path)

    assert masks_path(path).is_file()
    assert bool(back.clipped[..., 4:12, 4:12].all())
    assert bool(back.clipped[..., -12:-4, -12:-4].all())
    assert 0.5 < float(back.measured.float().mean()) < 1


def test_what_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    frame, path = hdr_light(), tmp_path / "a.jpg"

    with pytest.raises(FrameError, match="the base is 17 x 12, but the HDR picture 64 x 48"):
        write_ultrahdr(path, frame, base=sdr_frame())
    with pytest.raises(DomainError, match="the base is an SDR picture"):
        write_ultrahdr(path, frame, base=frame)
    with pytest.raises(DomainError, match="the frame is in raw"):
        write_ultrahdr(path, raw_frame(camera()))
    with pytest.raises(DomainError, match="holds linear RGB light"):
        write_ultrahdr(path, sdr_frame())
    with pytest.raises(UsageError, match="1 or 3 channels"):
        write_ultrahdr(path, frame, channels=2)
    nan = replace(frame, data=torch.full_like(frame.data, float("nan")))
    with pytest.raises(FrameError, match="NaN or infinite"):
        write_ultrahdr(path, nan)
    with pytest.raises(FrameError, match="NaN or infinite"):
        write_ultrahdr(path, nan, base=tone_mapped(frame))
    assert list(tmp_path.iterdir()) == []


def test_the_bytes_say_nothing_of_when_they_were_made(tmp_path: Path) -> None:
    write_ultrahdr(tmp_path / "a.jpg", hdr_light())
    write_ultrahdr(tmp_path / "b.jpg", hdr_light())

    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_an_xmp_packet_is_whole(tmp_path: Path) -> None:
    write_ultrahdr(tmp_path / "a.jpg", hdr_light())

    with Image.open(io.BytesIO((tmp_path / "a.jpg").read_bytes())) as picture:
        packet = picture.info["xmp"]

    assert xmp_segment(packet) in (tmp_path / "a.jpg").read_bytes()
    assert packet.startswith(b"<?xpacket begin=")
