"""Brackets of copies, of missing pictures and of too few pixels end with what to do."""

from pathlib import Path
from shutil import copy

import pytest
import torch

from apps.calibrating_response import ResponseRequest, calibrate_response
from isp.core.domain import Domain
from isp.core.errors import CalibrationError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.open import read
from isp.files.picture import write_picture
from tests.apps.test_calibrating_response import shoot


def refusal(
    folder: Path, files: list[Path], times: tuple[float, ...], pixels: int = 4000,
    refine: bool = True,
) -> str:  # fmt: skip
    output = folder / "r.json"
    with pytest.raises(CalibrationError) as caught:
        calibrate_response(
            ResponseRequest(times=times, pixels=pixels, refine=refine), files, output
        )  # fmt: skip
    assert not output.exists()
    return str(caught.value)


def test_copies_are_refused_by_both_names(tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.2, 0.4, 0.8))
    twin = Path(copy(files[1], tmp_path / "twin.png"))

    assert "p1.png and p1.png are the same picture" in refusal(
        tmp_path, [files[1], files[1]], (1, 2)
    )
    assert "p1.png and twin.png are the same picture" in refusal(
        tmp_path, [files[0], files[1], twin, files[2]], (1, 2, 4, 8)
    )


def test_two_shots_of_one_exposure_are_no_bracket(tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.4, 0.4))

    assert "p1.png is no brighter than p0.png" in refusal(tmp_path, files, (1, 2))


@pytest.mark.parametrize("refine", [True, False])
def test_a_missing_stop_is_refused_with_the_files_on_its_sides(
    tmp_path: Path, refine: bool
) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.1, 0.2, 0.8, 1.6))

    # Given from bright to dark: the order of the files does not matter.
    said = refusal(tmp_path, files[::-1], (8, 4, 2, 1), refine=refine)

    assert "p1.png and p2.png are" in said
    assert "1.00 EV by their exposures" in said


def test_a_bracket_without_noise_is_refused_as_its_band_has_no_width(tmp_path: Path) -> None:
    files = []
    for number, shift in enumerate((0, 40)):  # a chart whose every code rises alike, drawn twice
        codes = torch.arange(60, 181).repeat(40, 1).reshape(1, 1, 40, -1).expand(1, 3, -1, -1)
        files.append(tmp_path / f"d{number}.png")
        write_picture(files[-1], Frame.start((codes + shift).float() / 255, Domain.SDR))

    assert "no noise" in refusal(tmp_path, files, (1, 2))


def test_too_few_pixels_are_told_from_too_short_exposures(
    shared_data: Path, tmp_path: Path
) -> None:
    files = sorted((shared_data / "sdr/bracket_memorial").glob("memorial*.png"))
    times = tuple(float(2 ** (len(files) - n)) for n in range(len(files)))

    assert "or raise --pixels: the pictures hold codes up to 254" in refusal(
        tmp_path, files, times, pixels=300
    )


def test_a_bracket_that_is_dark_is_not_told_to_raise_pixels(tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.05, 0.1, 0.2))

    said = refusal(tmp_path, files, (1, 2, 4))

    assert "longer exposures" in said
    assert "--pixels" not in said
    assert int((read(files[2]).data * 255).max()) < 200
