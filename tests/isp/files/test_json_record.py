"""A JSON record is read whole, under a limit, or refused with the file's name."""

from pathlib import Path

import pytest

from isp.core.errors import FileError, LimitError
from isp.files import json_record
from isp.files.json_record import read_record


def test_the_object_of_a_file_comes_back(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "\u00e9", "values": [1, null]}', encoding="utf-8")

    assert read_record(tmp_path / "a.json") == {"name": "é", "values": [1, None]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"a": 1, "b": {"c": 2, "c": 3}}', r'it is not JSON \("c" occurs twice\)'),
        (b"[1]", "it holds no record"),
        (b"null", "it holds no record"),
    ],
)
def test_what_is_no_record_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(FileError, match=rf"a\.json: {reason}"):
        read_record(tmp_path / "a.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"a\.json: cannot read it \(No such file"):
        read_record(tmp_path / "a.json")


def test_a_long_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_record, "TEXT_BYTES", 10)
    (tmp_path / "a.json").write_text('{"name": "long"}')

    with pytest.raises(LimitError):
        read_record(tmp_path / "a.json")
