"""Response files come back as they were written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.errors import FileError
from isp.files.response_file import FORMAT, read_response_file, write_response_file

CURVE = (np.linspace(0, 1, 256) ** 2).tolist()
RECORD = {"format": FORMAT, "format_version": 1, "name": "mine", "exposure_of_code": [CURVE]}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_gives_the_exposures_of_codes(tmp_path: Path, channels: int) -> None:
    write_response_file(tmp_path / "r.json", RECORD | {"exposure_of_code": [CURVE] * channels})

    response = read_response_file(tmp_path / "r.json")

    assert (response.name, response.channels) == ("mine", channels)
    codes = torch.full((1, channels, 1, 1), 51 / 255, dtype=torch.float64)
    torch.testing.assert_close(response.decode(codes), codes**2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "other"}, "no response"),
        ({"format_version": 2}, "format_version"),
        ({"exposure_of_code": [CURVE[::-1]]}, "exposure_of_code"),
        ({"exposure_of_code": "x"}, "exposure_of_code"),
        ({"exposure_of_code": [CURVE, CURVE]}, "exposure_of_code"),
    ],
)
def test_what_is_no_response_is_refused_by_name(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    write_response_file(tmp_path / "r.json", RECORD | changes)
    with pytest.raises(FileError, match=rf"r\.json.*{says}"):
        read_response_file(tmp_path / "r.json")


def test_no_json_and_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{")
    with pytest.raises(FileError, match="not JSON"):
        read_response_file(tmp_path / "r.json")
    with pytest.raises(FileError, match="cannot read"):
        read_response_file(tmp_path / "none.json")
