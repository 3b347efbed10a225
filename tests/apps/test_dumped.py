"""A dumped frame comes back bit for bit, and developing goes on from it as if never stopped."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.dump import Dump
from apps.dumped import read_dumped
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, ProfileError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.core.shot import Shot
from isp.files.profile import load_profile, profile_record


def a_frame(domain: Domain) -> Frame:
    generator = torch.Generator().manual_seed(domain)
    planes = 3 if domain is Domain.CAMERA else 1
    measured = torch.rand(2, planes, 4, 6, generator=generator) > 0.3
    return Frame.start(
        torch.randn(2, domain.channels or 3, 4, 6, generator=generator),
        domain,
        shot=Shot.single(iso=100 / 3, white_balance=(1 / 3, 1.0, 2.1), body=3, time="now"),
        profile=load_profile("SonyA7S2-PMN").with_fields(extra={"mine": [1, {"a": None}]}),
        colour=Colour(primaries=PRIMARIES["p3"], anchor_cd_m2=203.0),
        measured=measured,
        clipped=~measured & (torch.rand(2, planes, 4, 6, generator=generator) > 0.5),
        generated=torch.rand(2, planes, 4, 6, generator=generator) > 0.9,
        history=(("read", {}), ("gain", {"gains": [[0.1, 1.0, 2.0]]})),
    )


@pytest.mark.parametrize("domain", [Domain.RAW, Domain.CAMERA, Domain.SDR])
def test_a_frame_comes_back_with_everything_it_had(tmp_path: Path, domain: Domain) -> None:
    frame = a_frame(domain)
    with Dump(tmp_path) as dump:
        dump.add(Tap("gain", frame, 0.1))

    dumped = read_dumped(tmp_path / "00_gain.npy")

    back = dumped.frame
    assert dumped.name == "gain"
    assert (back.domain, back.colour, back.history) == (domain, frame.colour, frame.history)
    for name in ("data", "measured", "clipped", "generated"):
        assert torch.equal(getattr(back, name), getattr(frame, name)), name
    assert back.shot.record() == frame.shot.record()
    assert back.profile is not None
    assert profile_record(back.profile) == profile_record(frame.need_profile())


def test_a_frame_without_camera_or_masks_comes_back_too(tmp_path: Path) -> None:
    with Dump(tmp_path) as dump:
        dump.add(Tap("read", Frame.start(torch.zeros(1, 3, 2, 2), Domain.LINEAR), 0.0))

    back = read_dumped(tmp_path / "00_read.npy").frame

    assert (back.profile, back.colour) == (None, None)
    assert bool(back.measured.all())


def spoil(folder: Path, **changes: object) -> Path:
    with Dump(folder, force=True) as dump:
        dump.add(Tap("gain", a_frame(Domain.CAMERA), 0.1))
    facts = json.loads((folder / "00_gain.json").read_text()) | changes
    kept = {k: v for k, v in facts.items() if v != "gone"}
    (folder / "00_gain.json").write_text(json.dumps(kept))
    return folder / "00_gain.npy"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "other"}, "no facts of a dump by fullwell"),
        ({"format_version": 2}, "its format 2 is not 1"),
        ({"shape": [2, 3, 6, 4]}, "00_gain.json says otherwise"),
        ({"domain": "PAINT"}, "its facts are damaged"),
        ({"domain": "MOSAIC"}, "its facts are damaged"),
        ({"shot": {}}, "its facts are damaged"),
        ({"shot": 7}, "its facts are damaged"),
        ({"colour": {"primaries": [1, 2]}}, "its facts are damaged"),
        ({"colour": {"hue": 1}}, "its facts are damaged"),
        ({"history": [1]}, "its facts are damaged"),
        ({"history": "gone", "masks": "gone"}, "it lacks history, masks"),
    ],
)
def test_damaged_facts_are_refused_naming_the_file(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(FileError, match=reason) as caught:
        read_dumped(spoil(tmp_path, **changes))
    assert "00_gain" in str(caught.value)


def test_a_damaged_camera_or_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"00_gain\.json: name: Field required"):
        read_dumped(spoil(tmp_path, profile={"format_version": 1}))
    path = spoil(tmp_path)
    np.save(tmp_path / "00_gain.masks.npy", np.zeros((2, 3, 4, 6), np.float32))
    with pytest.raises(FileError, match=r"masks\.npy: masks are bits"):
        read_dumped(path)
    np.save(tmp_path / "00_gain.masks.npy", np.zeros((2, 1, 4, 6), np.uint8))
    with pytest.raises(FileError, match="its facts are damaged"):
        read_dumped(path)


def test_what_is_no_frame_of_a_dump_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "alone.npy", np.zeros((1, 1, 2, 2), np.float32))

    for name, reason in (
        ("alone.npy", r"alone\.json: the facts of alone\.npy are not readable there"),
        ("01_x.masks.npy", "is called NN_name.npy"),
        ("01_x.png", "is called NN_name.npy"),
    ):
        with pytest.raises(FileError, match=reason):
            read_dumped(tmp_path / name)
