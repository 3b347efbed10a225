"""The names in our OpenEXR files are what other programs and the house rules expect."""

from pathlib import Path

import OpenEXR

from isp.files.exr import write_exr
from isp.files.exr_names import MASKS, OWN
from tests.isp.files.samples import linear_frame


def test_a_written_file_has_mask_channels_and_own_keys(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", linear_frame())

    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        channels = {name: str(c.pixels.dtype) for name, c in file.parts[0].channels.items()}
        own = {key for key in file.parts[0].header if key.startswith(OWN)}

    assert channels == dict.fromkeys([*"RGB", *(f"{m}.Y" for m in MASKS)], "float16")
    assert own == {f"{OWN}{k}" for k in ("domain", "shot", "history", "clipped_values", "one_is")}
