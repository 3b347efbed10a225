"""A photograph goes back to electrons, and comes out of our ISP as it was."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from apps.unprocessing import develop_again, main, round_trip, unprocess_photo
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks
from isp.files.open import read
from isp.files.picture import write_picture
from isp.files.profile import load_profile
from simulate.sensor import Sensor

D850 = load_profile("NikonD850")


def smooth(size: tuple[int, int] = (48, 64)) -> Tensor:
    """Colours that change slowly, all codes from 30 to 200, (1, 3, h, w)."""
    y = torch.linspace(0, 1, size[0])[:, None].expand(*size)
    x = torch.linspace(0, 1, size[1]).expand(*size)
    planes = torch.stack([x, y, (x + 1 - y) / 2])
    return torch.round(30 + 170 * planes)[None] / 255


def photo(codes: Tensor) -> Frame:
    measured, clipped = code_masks(codes)
    return Frame.start(
        codes, Domain.SDR, colour=Colour(transfer="srgb"), measured=measured, clipped=clipped
    )


def test_without_a_mosaic_every_code_comes_back() -> None:
    trip = round_trip(photo(smooth()), D850, "smooth")

    assert trip.compared_percent == 100.0
    assert trip.largest_codes == 0.0
    assert trip.psnr_all_db == float("inf")


def test_kept_highlights_and_clipped_codes_are_not_compared() -> None:
    """A sixteenth of code 254 (linear 0.92) and one of code 0; code 250 (0.82) is compared."""
    codes = smooth()
    for column, code in ((0, 254), (16, 250), (32, 0)):
        codes[..., :12, column : column + 16] = code / 255

    trip = round_trip(photo(codes), D850)

    assert trip.compared_percent == 100 * 14 / 16
    assert trip.largest_codes == 0.0


@pytest.mark.parametrize("name", ["NikonD850", "GenericPhone", "RaspberryPi-HQ-IMX477"])
def test_with_a_mosaic_a_smooth_photograph_comes_back_within_a_code_or_two(name: str) -> None:
    """The demosaic is exact on straight ramps; tone makes them curves of small second difference.

    Measured: 0.23 to 0.33 codes on average, the most with the phone's 10 bits.
    """
    trip = round_trip(photo(smooth()), load_profile(name), name)

    assert trip.mosaic_mean_codes < 0.5
    assert trip.mosaic_psnr_all_db > 48


def test_white_is_white_again_and_black_black() -> None:
    codes = smooth()
    codes[..., :12, :16] = 1.0
    codes[..., 36:, 48:] = 0.0

    expected = unprocess_photo(photo(codes), D850)
    again = develop_again(Sensor(D850).expected_dn(expected))

    inner = (slice(None), slice(None), slice(0, 9), slice(0, 13))
    assert bool((torch.round(255 * again.data[inner]) == 255).all())
    assert bool((again.data[..., 39:, 51:] == 0).all())
    assert not bool(again.measured[..., :12, :16].any())
    assert bool(again.measured[..., 20:30, 20:40].all())


def test_drawn_gains_and_a_blend_of_cameras_come_back_too() -> None:
    cameras = [load_profile(n) for n in ("NikonD850", "CanonEOS5D4", "SonyA7S2")]
    picture = photo(smooth())

    expected = unprocess_photo(picture, D850, sampled=True, blend=cameras, seed=3, item=9)

    profile = expected.need_profile()
    assert profile.colour_matrices != D850.colour_matrices
    gains = dict(expected.history)["unprocess"]["gains"][0]
    assert gains[1] != 1.0
    again = develop_again(Sensor(profile).expected_dn(expected))
    # Twice the dimmest of the pictures above: the digital gain amplifies the ADC's steps.
    assert float((again.data - picture.data).abs().mean()) * 255 < 0.5


def test_the_draws_belong_to_seed_and_item() -> None:
    def electrons(**key: int) -> Tensor:
        return unprocess_photo(photo(smooth()), D850, sampled=True, **key).data

    first = electrons(seed=3, item=9)
    assert torch.equal(first, electrons(seed=3, item=9))
    assert not torch.equal(first, electrons(seed=3, item=10))
    assert not torch.equal(first, electrons(seed=4, item=9))


def test_a_file_is_opened_like_its_frame_and_the_photograph_is_reopened(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", photo(smooth()), bit_depth=8)

    expected = unprocess_photo(tmp_path / "a.png", D850, iso=400, exposure_time_s=0.5, item=7)

    assert torch.equal(expected.data, unprocess_photo(photo(smooth()), D850, iso=400).data)
    assert [name for name, _ in expected.history] == ["read_picture", "reopen", "unprocess"]
    assert expected.domain is Domain.EXPECTED
    assert expected.shot.need("exposure_time_s").tolist() == [0.5]
    assert expected.shot.item.tolist() == [7]


def test_an_exposure_of_a_half_halves_the_electrons() -> None:
    whole = unprocess_photo(photo(smooth()), D850)

    torch.testing.assert_close(
        unprocess_photo(photo(smooth()), D850, exposure=0.5).data, whole.data / 2
    )


def test_another_pattern_takes_another_mosaic() -> None:
    xtrans = replace(D850, cfa=Cfa.XTRANS, black_level_dn=(400.0,) * 36)

    again = develop_again(Sensor(xtrans).expected_dn(unprocess_photo(photo(smooth()), xtrans)))

    # Bilinear over a larger period; the ramps rise by up to 4 codes a pixel.
    assert float((again.data - photo(smooth()).data)[..., 4:-4, 4:-4].abs().mean()) * 255 < 4


def test_what_is_no_photograph_is_refused() -> None:
    with pytest.raises(DomainError, match="this is SCENE"):
        unprocess_photo(Frame.start(smooth(), Domain.SCENE), D850)
    with pytest.raises(UsageError, match="either given or sampled"):
        unprocess_photo(photo(smooth()), D850, gains=(2.0, 1.0, 1.5), sampled=True)
    with pytest.raises(FrameError, match="all white has no pixel"):
        round_trip(photo(torch.ones(1, 3, 24, 24)), D850, "all white")


def test_the_page_is_written_with_its_command_and_without_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a.png", photo(smooth()), bit_depth=8)

    assert main([str(tmp_path / "a.png"), "-o", str(tmp_path / "page.md")]) == 0
    assert main([str(tmp_path / "a.png")]) == 0

    text = (tmp_path / "page.md").read_text()
    assert "```\npython -m apps.unprocessing a.png -o page.md\n```" in text
    assert "| a.png | 100.0 | 0.00 | 0 | 0.0000 | inf |" in text
    assert str(tmp_path) not in text
    assert "| a.png | 100.0 | 0.00 | 0 | 0.0000 | inf |" in capsys.readouterr().out


def test_without_photographs_the_page_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)
    assert main([]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err
    monkeypatch.setenv("FULLWELL_DATA", str(tmp_path))
    assert main([]) == 2
    assert "no train_photos" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["kodim07_crop.png", "kodim16_crop.png"])
def test_real_photographs_come_back_code_by_code(shared_data: Path, name: str) -> None:
    """Where nothing clips and no highlight is kept, the direct way is exact after rounding."""
    trip = round_trip(read(shared_data / "sdr" / name), D850, name)

    assert trip.compared_percent > 95
    assert trip.largest_codes == 0.0
    assert trip.mosaic_psnr_all_db > 30
