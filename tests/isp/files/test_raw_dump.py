"""Patterns that no DNG reader holds go into a dump and come back."""

from pathlib import Path

import pytest

from isp.core.cfa import Cfa
from isp.core.errors import DomainError
from isp.files.raw import read_raw
from isp.files.raw_dump import write_raw_dump
from tests.isp.files.samples import camera, raw_frame, sdr_frame
from tests.strategies import PATTERNS


@pytest.mark.parametrize("cfa", PATTERNS, ids=lambda c: c.name)
def test_every_pattern_comes_back(cfa: Cfa, tmp_path: Path) -> None:
    sites = cfa.period[0] * cfa.period[1]
    frame = raw_frame(camera(cfa, 12, tuple(60.0 + i / 3 for i in range(sites))))
    write_raw_dump(tmp_path / "a.raw", frame)

    back = read_raw(tmp_path / "a.raw")

    assert back.data.equal(frame.data)
    assert back.profile is not None
    assert frame.profile is not None
    assert back.profile.cfa == cfa
    assert back.profile.black_level_dn == frame.profile.black_level_dn


def test_a_picture_is_no_dump(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="written from RAW"):
        write_raw_dump(tmp_path / "a.raw", sdr_frame())
