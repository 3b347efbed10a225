"""A raw TIFF gives back the frame that went in: any pattern, every DN, level, mask and number."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from isp.core.cfa import Cfa
from isp.core.companding import compand
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, OutputError, ProfileError
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.sensor import Defect
from isp.core.shot import Shot
from isp.files.dump import DumpFlags
from isp.files.info import info
from isp.files.open import read
from isp.files.picture import masks_path, write_picture
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.files.raw_tiff import is_raw_tiff, read_raw_tiff, write_raw_tiff
from isp.files.save import write
from tests.isp.files.samples import camera, raw_frame, sdr_frame
from tests.strategies import PATTERNS

SHOT = Shot(
    exposure_time_s=torch.tensor([1 / 3]),
    f_number=torch.tensor([2.8]),
    iso=torch.tensor([400.0]),
    white_balance=torch.tensor([[2.123456, 1.0, 1.7654321]]),
    frame_number=torch.tensor([7]),
    item=torch.tensor([2**31]),
    body=2**40 + 1,
    orientation=6,
    time="2024:05:06 07:08:09",
    tags={"tags": [["main", 271, 2, 2, "YQA="]], "size": [40, 61], "opcode_lists": {}},
)
TENSORS = ("exposure_time_s", "f_number", "iso", "white_balance", "frame_number", "item")


def sample(cfa: Cfa = Cfa.RGGB, bit_depth: int = 12) -> Frame:
    """DN over the whole range, the masks that follow from them, every number of the shot odd."""
    sites = cfa.period[0] * cfa.period[1]
    profile = camera(cfa, bit_depth, tuple(60.0 + i / 7 for i in range(sites))).with_fields(
        full_well_e=3456.7, defects=(Defect(row=3, column=5),), sources={"gain": "a guess"},
        assumed=("full_well_e",), extra={"note": [1, {"two": 3.5}]},
    )  # fmt: skip
    dn = raw_frame(profile).data
    measured, clipped = raw_masks(dn, profile, SHOT.iso)
    history = (("expose", {"electrons_per_unit": [0.1]}), ("read_out", {"seed": 5}))
    return Frame.start(
        dn, Domain.RAW, shot=SHOT, profile=profile, measured=measured, clipped=clipped,
        history=history,
    )  # fmt: skip


def assert_same(back: Frame, frame: Frame) -> None:
    assert back.domain is Domain.RAW
    for name in ("data", "measured", "clipped", "generated"):
        assert torch.equal(getattr(back, name), getattr(frame, name)), name
    for name in TENSORS:
        one, other = getattr(back.shot, name), getattr(frame.shot, name)
        assert (one is None) is (other is None), name
        assert one is None or (torch.equal(one, other) and one.dtype == other.dtype), name
    for name in ("body", "orientation", "time", "tags"):
        assert getattr(back.shot, name) == getattr(frame.shot, name)
    assert back.profile == frame.profile
    assert back.history == frame.history


@pytest.mark.parametrize(
    "cfa", [*PATTERNS, Cfa.XTRANS.crop(2, 5), Cfa.RGBW.crop(1, 0)], ids=lambda c: c.name
)
def test_every_pattern_comes_back_whole(cfa: Cfa, tmp_path: Path) -> None:
    frame = sample(cfa)
    write(tmp_path / "a.tif", frame)

    assert_same(read(tmp_path / "a.tif"), frame)
    assert {p.name for p in tmp_path.iterdir()} == {"a.json", "a.tif"}


@pytest.mark.parametrize("bit_depth", [8, 10, 16])
def test_every_bit_depth_comes_back(bit_depth: int, tmp_path: Path) -> None:
    frame = sample(bit_depth=bit_depth)
    write(tmp_path / "a.TIFF", frame)

    assert_same(read(tmp_path / "a.TIFF"), frame)


def test_another_program_reads_one_plane_of_the_dn(tmp_path: Path) -> None:
    frame = sample(Cfa.QUAD_RGGB)
    write_raw_tiff(tmp_path / "a.tif", frame)

    dn = tifffile.imread(tmp_path / "a.tif")

    assert (dn.dtype, dn.shape) == (np.uint16, (40, 61))
    assert np.array_equal(dn, frame.data[0, 0].numpy())


def test_masks_that_do_not_follow_from_the_dn_come_back_as_stored(tmp_path: Path) -> None:
    """Turned upright, as a picture's are, they would not fit the mosaic."""
    frame = sample()
    generator = torch.Generator().manual_seed(1)
    masks = {
        name: torch.rand(1, 1, 40, 61, generator=generator) > 0.5
        for name in ("measured", "clipped", "generated")
    }
    frame = replace(frame, **masks)
    write_raw_tiff(tmp_path / "a.tif", frame)

    assert masks_path(tmp_path / "a.tif").is_file()
    assert_same(read(tmp_path / "a.tif"), frame)


def test_masks_of_an_earlier_frame_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    frame = sample()
    odd = replace(frame, generated=torch.ones_like(frame.generated))
    write_raw_tiff(tmp_path / "a.tif", odd)
    write_raw_tiff(tmp_path / "a.tif", frame, force=True)

    assert_same(read(tmp_path / "a.tif"), frame)


def test_a_companded_frame_is_stored_as_dn_and_keeps_its_table(tmp_path: Path) -> None:
    table = tuple(range(64)) + tuple(range(64, 4097 - 64, 64)) + (4095,)
    frame = sample()
    profile = frame.need_profile().with_fields(linearization_table_dn=table)
    dn = compand(frame.data, table)
    measured, clipped = raw_masks(dn, profile, frame.shot.iso)
    frame = replace(frame, data=dn, profile=profile, measured=measured, clipped=clipped)
    write_raw_tiff(tmp_path / "a.tif", frame)

    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), dn[0, 0].numpy())
    assert_same(read(tmp_path / "a.tif"), frame)


def test_a_shot_of_which_nothing_is_known_comes_back(tmp_path: Path) -> None:
    profile = camera()
    dn = raw_frame(profile).data
    measured, clipped = raw_masks(dn, profile, None)
    frame = Frame.start(dn, Domain.RAW, profile=profile, measured=measured, clipped=clipped)
    write_raw_tiff(tmp_path / "a.tif", frame)

    assert_same(read(tmp_path / "a.tif"), frame)


def test_it_is_a_plain_mosaic_too_for_those_who_say_how_to_read_it(tmp_path: Path) -> None:
    frame = sample(Cfa.NONA_RGGB)
    write_raw_tiff(tmp_path / "a.tif", frame)

    by_flags = read(tmp_path / "a.tif", flags=DumpFlags(black_level=(7.0,)))
    facts = info(tmp_path / "a.tif")

    assert torch.equal(by_flags.data, frame.data)
    assert by_flags.profile is not None
    assert by_flags.profile.black_level_dn == (7.0,) * 36
    assert (facts["kind"], facts["bit_depth"], facts["width"]) == ("mosaic", 12, 61)


def test_a_picture_stays_a_picture(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.tif", sdr_frame())

    assert not is_raw_tiff(tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").domain is Domain.SDR


def test_the_sidecar_of_another_file_says_nothing(tmp_path: Path) -> None:
    write_raw_tiff(tmp_path / "a.tiff", sample())
    write_picture(tmp_path / "a.tif", sdr_frame())

    assert not is_raw_tiff(tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").domain is Domain.SDR
    with pytest.raises(FileError, match=r"no NAME\.json of a raw TIFF"):
        read_raw_tiff(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"shot": {}}, FileError, "its shot or history is damaged"),
        ({"shot": None}, FileError, "its shot or history is damaged"),
        ({"history": [[1, 2, 3]]}, FileError, "its shot or history is damaged"),
        ({"profile": {"name": "x"}}, ProfileError, r"a\.json"),
        ({"profile": None}, ProfileError, "a sensor profile is a JSON object"),
    ],
)
def test_a_damaged_sidecar_is_named(
    change: dict[str, object], error: type[Exception], words: str, tmp_path: Path
) -> None:
    write_raw_tiff(tmp_path / "a.tif", sample())
    known = json.loads((tmp_path / "a.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps(known | change))

    with pytest.raises(error, match=words):
        read(tmp_path / "a.tif")


def test_masks_of_another_size_are_refused(tmp_path: Path) -> None:
    frame = sample()
    odd = replace(frame, generated=torch.ones_like(frame.generated))
    write_raw_tiff(tmp_path / "a.tif", odd)
    wrong = odd.to("cpu")
    small = {n: getattr(wrong, n)[..., :9, :9] for n in
             ("data", "measured", "clipped", "generated")}  # fmt: skip
    write_raw_tiff(tmp_path / "b.tif", replace(wrong, **small))
    masks_path(tmp_path / "b.tif").replace(masks_path(tmp_path / "a.tif"))

    with pytest.raises(FileError, match=r"a\.masks\.png: its size is not that of a\.tif"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("value", [-1.0, 65536.0, 0.5, float("nan")])
def test_dn_that_16_bits_do_not_hold_are_refused(value: float, tmp_path: Path) -> None:
    frame = sample()
    data = frame.data.clone()
    data[0, 0, 3, 4] = value

    with pytest.raises(FrameError, match="1 DN are not integers"):
        write_raw_tiff(tmp_path / "a.tif", replace(frame, data=data))

    assert list(tmp_path.iterdir()) == []


def test_only_one_raw_frame_of_16_bits_is_written(tmp_path: Path) -> None:
    frame = sample()
    with pytest.raises(DomainError, match="not MOSAIC"):
        write_raw_tiff(tmp_path / "a.tif", replace(frame, domain=Domain.MOSAIC))
    batch = Frame.start(frame.data.repeat(2, 1, 1, 1), Domain.RAW, profile=frame.profile)
    with pytest.raises(FrameError, match="the frame has 2"):
        write_raw_tiff(tmp_path / "a.tif", batch)
    with pytest.raises(FrameError, match="20 bits, but a raw TIFF holds 16"):
        write_raw_tiff(tmp_path / "a.tif", sample(bit_depth=20))


def test_a_file_of_the_user_is_not_taken_for_a_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "my camera"}')

    with pytest.raises(OutputError, match="it is no sidecar of fullwell"):
        write_raw_tiff(tmp_path / "a.tif", sample(), force=True)

    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_same_frame_gives_the_same_bytes_and_no_path_of_the_machine(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_raw_tiff(tmp_path / folder / "a.tif", sample())

    for name in ("a.tif", "a.json"):
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        assert str(tmp_path).encode() not in content


def test_every_reader_of_raws_takes_it_with_its_camera(tmp_path: Path) -> None:
    """`develop` reads by `read_raw`: a raw TIFF is no foreign mosaic there."""
    profile = load_profile("NikonD850")
    dn = torch.full((1, 1, 24, 32), 900.0)
    shot = Shot.single(iso=400, exposure_time_s=0.01, f_number=4.0)
    measured, clipped = raw_masks(dn, profile, shot.iso)
    frame = Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile, measured=measured, clipped=clipped
    )
    write_raw_tiff(tmp_path / "a.tif", frame)

    back = read_raw(tmp_path / "a.tif")

    assert back.need_profile() == profile
    assert torch.equal(back.data, dn)
