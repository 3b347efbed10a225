"""What is no tuning file is refused, naming file and reason."""

from pathlib import Path

import pytest

from isp.core.errors import FileError, LimitError
from isp.files.libcamera_tuning import (
    MOST_BYTES,
    read_tuning,
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "a list of algorithms is expected"),
        ('{"version": 2.0}', "a list of algorithms is expected"),
        ('{"version": 1.0, "algorithms": []}', "its version 1.0 is not 2.0"),
        ('{"version": 2.0, "algorithms": [7]}', "an object of one key"),
        ('{"version": 2.0, "algorithms": [{"a": {}, "b": {}}]}', "an object of one key"),
        ('{"version": 2.0, "algorithms": [{"a": {}}, {"a": {}}]}', "the algorithm a comes twice"),
        ('{"version": 2.0, "algorithms": [{"a": 7}]}', "the parameters of a are an object"),
    ],
)
def test_what_is_no_tuning_is_refused_naming_file_and_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "tuning.json"
    path.write_text(content)

    with pytest.raises(FileError, match=reason) as caught:
        read_tuning(path)
    assert str(path) in str(caught.value)


def test_files_that_cannot_be_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_tuning(tmp_path / "none.json")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="no text in UTF-8"):
        read_tuning(tmp_path / "a.json")
    with (tmp_path / "big.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(LimitError, match="over the limit"):
        read_tuning(tmp_path / "big.json")
