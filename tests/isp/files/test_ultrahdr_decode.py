"""Gain-map JPEGs of others are read, and what is none is refused with the reason."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.gain_map import GainMapFacts
from isp.files.icc import icc_profile
from isp.files.jpeg_bytes import encode_grey_jpeg, encode_jpeg
from isp.files.limits import Limits
from isp.files.ultrahdr import assemble, read_ultrahdr
from isp.files.ultrahdr_decode import decode_ultrahdr

FACTS = GainMapFacts(least=(0.0,) * 3, most=(2.0,) * 3, alternate_headroom=2.0, channels=1)


def assembled(facts: GainMapFacts = FACTS, side: int = 16) -> bytes:
    """A grey base of code 188 and a map of code 255, of another size."""
    base = encode_jpeg(np.full((16, 16, 3), 188, np.uint8), 100)
    gains = encode_grey_jpeg(np.full((side, side), 255, np.uint8), 100)
    return assemble(base, gains, facts, icc_profile("bt709", "srgb"))


def written(folder: Path, stored: bytes) -> Path:
    path = folder / "a.jpg"
    path.write_bytes(stored)
    return path


def test_the_formula_worked_out_for_one_grey(tmp_path: Path) -> None:
    """Code 188 is 0.5028865 of light; (0.5028865 + 1/64) * 4 - 1/64."""
    decoded = decode_ultrahdr(str(written(tmp_path, assembled())), Limits())

    assert decoded.arrays["rgb"] == pytest.approx((0.5028865 + 1 / 64) * 4 - 1 / 64, abs=1e-5)
    assert decoded.facts["headroom_stops"] == 2.0
    assert decoded.facts["space"] == "bt709"


def test_a_smaller_map_is_enlarged(tmp_path: Path) -> None:
    decoded = decode_ultrahdr(str(written(tmp_path, assembled(side=4))), Limits())

    assert decoded.arrays["rgb"].shape == (16, 16, 3)
    assert decoded.arrays["rgb"] == pytest.approx((0.5028865 + 1 / 64) * 4 - 1 / 64, abs=1e-5)


def test_what_libultrahdr_writes_is_read_as_libultrahdr_reads_it(tmp_path: Path) -> None:
    light = np.ones((32, 32, 4), np.float16)
    light[..., :3] = np.linspace(0.05, 4, 32, dtype=np.float16)[None, :, None]
    stored = bytes(imagecodecs.ultrahdr_encode(light, gamut=1, transfer=0))

    ours = read_ultrahdr(written(tmp_path, stored))

    theirs = imagecodecs.ultrahdr_decode(stored)[..., :3].astype(np.float64)
    mine = ours.data[0].permute(1, 2, 0).double().numpy()
    assert ours.colour is not None
    assert ours.colour.space == "p3"
    # Its gains come from a table of 1024 steps over 5.6 stops: half a step is 0.19 %; its base
    # may be decoded to the next code, worth at most 4 % of light in the darkest codes here.
    assert (np.abs(mine - theirs) <= 0.04 * theirs + 0.005).all()


def test_a_plain_jpeg_and_other_files_are_refused(tmp_path: Path) -> None:
    plain = encode_jpeg(np.full((16, 16, 3), 188, np.uint8), 90)
    with pytest.raises(FileError, match="it has no gain map; it is a plain JPEG"):
        read_ultrahdr(written(tmp_path, plain))
    with pytest.raises(FileError, match="it is a text file, not an Ultra HDR JPEG"):
        read_ultrahdr(written(tmp_path, b"words"))


def test_a_file_cut_anywhere_is_refused_by_a_sentence(tmp_path: Path) -> None:
    whole = assembled()
    for length in range(4, len(whole), 97):
        with pytest.raises(FileError):
            decode_ultrahdr(str(written(tmp_path, whole[:length])), Limits())


def test_limits_hold(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="megapixels"):
        read_ultrahdr(written(tmp_path, assembled()), limits=Limits(pixels=200))
