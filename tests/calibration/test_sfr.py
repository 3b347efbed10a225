"""The response found on a slanted edge is the one that the edge was drawn with."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import optimize

from calibration.sfr import FREQUENCIES, EdgeResponse, frame_sfr, slanted_edge_sfr
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, DomainError, FrameError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, normal
from isp.core.sensor import SensorProfile
from isp.files.picture import read_picture
from tests.calibration.drawn_edge import (
    Reals,
    airy_mtf,
    aperture_mtf,
    drawn_edge,
    gaussian_mtf,
    noise_on_response,
)
from tests.statistics import z_threshold

HEIGHT, WIDTH = 160, 140
TO_NYQUIST = FREQUENCIES <= 0.5


def edge(tilt_deg: float = 5.0, sigma_px: float = 0.5, **changes: float) -> Reals:
    return drawn_edge(HEIGHT, WIDTH, tilt_deg=tilt_deg, sigma_px=sigma_px, offset_px=0.3, **changes)


def truth(tilt_deg: float = 5.0, sigma_px: float = 0.5) -> Reals:
    return gaussian_mtf(FREQUENCIES, sigma_px) * aperture_mtf(FREQUENCIES, tilt_deg)


def furthest(found: EdgeResponse, wanted: Reals) -> float:
    """Largest difference up to Nyquist."""
    return float(np.abs(found.sfr - wanted)[TO_NYQUIST].max())


def test_drawn_edges_are_the_mean_over_each_pixel() -> None:
    """The closed form against 400 x 400 points a pixel (midpoint rule: error below 1e-6)."""
    points = (np.arange(400) + 0.5) / 400 - 0.5
    x = (np.arange(7) - 3)[None, :, None, None] + points
    y = (np.arange(5) - 2)[:, None, None, None] + points[:, None]
    cos, sin = math.cos(math.radians(7)), -math.sin(math.radians(7))
    blurred = torch.special.ndtr(torch.as_tensor((x * cos + y * sin) / 0.6)).mean((2, 3)).numpy()

    drawn = drawn_edge(5, 7, tilt_deg=7.0, sigma_px=0.6)

    np.testing.assert_allclose(drawn, 0.1 + 0.8 * blurred, atol=1e-6)


@pytest.mark.parametrize("sigma_px", [0.3, 0.5, 0.8, 1.5])
@pytest.mark.parametrize("tilt_deg", [2.0, 3.0, 5.0, -7.3, 10.0, 15.0, -30.0, 40.0])
def test_the_response_is_the_spread_times_the_pixel_aperture(
    tilt_deg: float, sigma_px: float
) -> None:
    found = slanted_edge_sfr(edge(tilt_deg, sigma_px))

    assert furthest(found, truth(tilt_deg, sigma_px)) < 0.001
    assert found.edge_angle_deg == pytest.approx(-tilt_deg, abs=0.02)


@pytest.mark.parametrize("tilt_deg", [2.0, 5.0, 10.0, 15.0])
def test_a_perfect_lens_leaves_the_pixel_aperture_alone(tilt_deg: float) -> None:
    """Here alone the four-fold bins alias: a sinc does not end at two cycles per pixel."""
    found = slanted_edge_sfr(edge(tilt_deg, 0.0))

    assert furthest(found, aperture_mtf(FREQUENCIES, tilt_deg)) < 0.005


@pytest.mark.parametrize("bright_first", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
def test_polarity_and_orientation_do_not_matter(
    bright_first: bool, turned: bool, mirrored: bool
) -> None:
    upright = slanted_edge_sfr(edge(5.0))
    picture = edge(5.0)
    picture = 1 - picture if bright_first else picture
    picture = picture[::-1] if mirrored else picture
    picture = picture.T if turned else picture

    found = slanted_edge_sfr(picture)

    np.testing.assert_allclose(found.sfr, upright.sfr, atol=1e-9)
    assert found.is_near_vertical is not turned
    # Mirroring and transposing each turn a clockwise edge into an anticlockwise one.
    sign = -1.0 if mirrored == turned else 1.0
    assert found.edge_angle_deg == pytest.approx(sign * 5.0, abs=1e-3)
    assert found.esf[-1] > found.esf[0]


def test_scale_and_offset_of_the_light_do_not_matter() -> None:
    picture = edge()

    np.testing.assert_allclose(
        slanted_edge_sfr(4000 * picture + 64).sfr, slanted_edge_sfr(picture).sfr, atol=1e-9
    )


def test_a_tensor_is_measured_as_its_array_is() -> None:
    picture = edge()

    assert slanted_edge_sfr(torch.as_tensor(picture)).sfr.tolist() == (
        slanted_edge_sfr(picture).sfr.tolist()
    )


def test_the_profile_is_the_drawn_one() -> None:
    found = slanted_edge_sfr(edge(sigma_px=1.5))

    spread = math.hypot(1.5, math.sqrt(1 / 12))  # of the Gaussian and the pixel
    assert found.esf[0] == pytest.approx(0.1, abs=1e-6)
    assert found.esf[-1] == pytest.approx(0.9, abs=1e-6)
    assert float(found.esf[len(found.esf) // 2]) == pytest.approx(0.5, abs=0.005)
    assert found.lsf.sum() == pytest.approx(1.0)
    middle = 0.5 * (found.distance_px[1:] + found.distance_px[:-1])
    # The variance of a difference of step w of bins of width w is w^2 / 6 more.
    assert (found.lsf * middle**2).sum() == pytest.approx(spread**2 + 1 / 16 / 6, rel=0.005)


def test_mtf50_and_mtf20_are_where_the_drawn_response_crosses() -> None:
    def crossing(level: float) -> float:
        def above(f: float) -> float:
            at = np.array([f])
            return float((gaussian_mtf(at, 0.5) * aperture_mtf(at, 5.0))[0]) - level

        return float(optimize.brentq(above, 0.01, 0.9))

    found = slanted_edge_sfr(edge())

    assert found.mtf50 == pytest.approx(crossing(0.5), abs=5e-4)
    assert found.mtf20 == pytest.approx(crossing(0.2), abs=5e-4)
    assert found.mtf_nyquist == pytest.approx(truth()[100], abs=5e-4)
    assert float(found.at(0.1025)) == pytest.approx((truth()[20] + truth()[21]) / 2, abs=5e-4)


def test_the_standards_own_result_keeps_the_mean_over_its_bins() -> None:
    standard = slanted_edge_sfr(edge(7.3, 0.5), corrects_bins=False)

    assert furthest(standard, truth(7.3, 0.5) * np.sinc(FREQUENCIES / 4)) < 0.001
    assert furthest(standard, truth(7.3, 0.5)) > 0.004


@pytest.mark.parametrize("pitch_um", [2.0, 4.0, 6.0])
@pytest.mark.parametrize("tilt_deg", [5.0, -11.0])
def test_one_lens_on_three_pitches_is_one_curve_times_three_apertures(
    pitch_um: float, tilt_deg: float
) -> None:
    sigma_um = 1.6
    found = slanted_edge_sfr(edge(tilt_deg, sigma_um / pitch_um))

    cycles_per_um = found.frequencies / pitch_um
    lens = gaussian_mtf(cycles_per_um, sigma_um)
    pixel = aperture_mtf(cycles_per_um * pitch_um, tilt_deg)
    assert furthest(found, lens * pixel) < 0.001
    # The lens alone, where the pixel leaves enough to divide by.
    assert np.abs(found.sfr / pixel - lens)[TO_NYQUIST].max() < 0.002


@pytest.mark.parametrize("channel", ["R", "G", "B"])
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG, Cfa.XTRANS], ids=lambda c: c.name)
@pytest.mark.parametrize("tilt_deg", [5.0, -8.0])
def test_one_colours_photosites_give_the_response_beyond_their_own_nyquist(
    cfa: Cfa, channel: str, tilt_deg: float
) -> None:
    """No demosaic: sites 2 or 3 pixels apart still see up to 0.5 cycles per pixel."""
    sites = cfa.colour_map(200, 160) == cfa.channels.index(channel)
    drawn = drawn_edge(200, 160, tilt_deg=tilt_deg, sigma_px=0.6)
    picture = torch.where(sites, torch.as_tensor(drawn), 7.0)

    found = slanted_edge_sfr(picture, channel_sites=sites)

    assert furthest(found, truth(tilt_deg, 0.6)) < 0.003


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.03])
def test_noise_moves_the_response_as_far_as_theory_says_and_lifts_it(noise: float) -> None:
    """24 frames at 4 frequencies: mean within z of drawn + s^2 / 2T, spread within chi-square's.

    s: in-phase noise. The part in quadrature adds in power: sqrt((T + a)^2 + b^2), T + s^2 / 2T.
    """
    half_width, frames, at = 16.0, 24, [20, 50, 80, 100]
    words = Draws(seed=5, effect=Effect.READ, item=torch.arange(frames)).words(HEIGHT, WIDTH)
    clean = edge(dark=0.0, bright=1.0)
    found = np.stack(
        [
            slanted_edge_sfr(clean + noise * grain, half_width_px=half_width).sfr[at]
            for grain in normal(words)[:, 0].numpy()
        ]
    )

    s, drawn = noise_on_response(noise, half_width, 5.0, HEIGHT)[at], truth()[at]
    z = z_threshold(3 * len(at))
    lifted = drawn + s**2 / (2 * drawn)
    assert (np.abs(found.mean(0) - lifted) < z * s / math.sqrt(frames) + 5e-4).all()
    # The edge's fit follows the noise a little, which takes some of it out again.
    ratio = found.std(0, ddof=1) / s
    assert (ratio < 1 + z / math.sqrt(2 * (frames - 1))).all()
    assert (ratio > 0.8 - z * 0.8 / math.sqrt(2 * (frames - 1))).all()


def test_a_smaller_reach_leaves_out_noise() -> None:
    grain = normal(Draws(seed=6, effect=Effect.READ).words(HEIGHT, WIDTH))[0, 0].numpy()
    noisy = edge(dark=0.0, bright=1.0) + 0.03 * grain

    near = slanted_edge_sfr(noisy, half_width_px=10.0)
    far = slanted_edge_sfr(noisy)

    beyond = FREQUENCIES > 0.6  # where there is hardly anything but noise
    assert (
        np.abs(near.sfr - truth())[beyond].mean() < 0.6 * np.abs(far.sfr - truth())[beyond].mean()
    )


def test_photosites_that_are_not_measured_are_left_out_and_told() -> None:
    picture = edge()
    measured = np.ones((HEIGHT, WIDTH), bool)
    measured[::13, 4::11] = False  # 0.7 % defects
    broken = np.where(measured, picture, np.nan)

    found = slanted_edge_sfr(broken, measured=measured)

    assert found.measured_share == pytest.approx(measured.mean())
    assert furthest(found, truth()) < 0.005
    with pytest.raises(CalibrationError, match="NaN"):
        slanted_edge_sfr(broken)


def test_a_clipped_side_is_refused() -> None:
    picture = np.minimum(edge(), 0.8)

    with pytest.raises(CalibrationError, match=r"only 50\.7 % .* clipped"):
        slanted_edge_sfr(picture, measured=picture < 0.8)


@pytest.mark.parametrize(
    ("picture", "complaint"),
    [
        (edge(1e-4), "too few pixel phases"),
        (edge(45.0), "too few pixel phases"),
        (np.indices((120, 100))[1] + 0.1 * np.indices((120, 100))[0], "too few"),
        (drawn_edge(120, 100, tilt_deg=5, sigma_px=20), "not over"),
        (np.zeros((120, 100)), "no edge"),
        (np.zeros((1, 120, 100)), r"plane \(h, w\)"),
    ],
    ids=["along the pixels", "diagonal", "ramp", "blurred", "dark", "three dimensions"],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(
    picture: NDArray, complaint: str
) -> None:
    with pytest.raises(CalibrationError, match=complaint) as caught:
        slanted_edge_sfr(picture)

    assert "\n" not in str(caught.value)


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(CalibrationError, match="does not fit"):
        slanted_edge_sfr(edge(), measured=np.ones((3, 3), bool))


PROFILE = SensorProfile(
    name="sfr",
    cfa=Cfa.RGGB,
    bit_depth=16,
    black_level_dn=(400.0, 900.0, 100.0, 600.0),
    white_level_dn=65535.0,
    readings=(Reading(iso=100.0, system_gain_dn_per_e=1.0),),
)


def test_a_raw_frame_loses_its_black_levels_and_other_colours() -> None:
    """The two greens of a row pair differ by 800 DN of black; red and blue are not looked at."""
    black = PROFILE.cfa.spread_sites(PROFILE.black_sites, 200, 160)
    green = PROFILE.cfa.colour_map(200, 160) == 1
    light = torch.as_tensor(drawn_edge(200, 160, tilt_deg=5, sigma_px=0.6)).float() * 5e4
    data = torch.where(green, light, 17.0) + black

    frame = Frame.start(data, Domain.RAW, profile=PROFILE)

    assert furthest(frame_sfr(frame, "G"), truth(5.0, 0.6)) < 0.002
    window = frame_sfr(frame, "G", rows=slice(31, 180), columns=slice(15, 150))
    assert furthest(window, truth(5.0, 0.6)) < 0.003


def test_a_colour_frame_gives_the_channel_that_is_asked_for() -> None:
    planes = np.stack([edge(5.0, s) for s in (0.4, 0.6, 0.9)])
    frame = Frame.start(torch.as_tensor(planes)[None], Domain.LINEAR)

    for channel, sigma in zip("RGB", (0.4, 0.6, 0.9), strict=True):
        assert furthest(frame_sfr(frame, channel), truth(5.0, sigma)) < 0.001


def test_the_masks_of_a_frame_are_heeded() -> None:
    planes = torch.as_tensor(edge()).expand(1, 3, HEIGHT, WIDTH)
    clipped = planes[:, :1] > 0.8

    with pytest.raises(CalibrationError, match="measured"):
        frame_sfr(Frame.start(planes, Domain.LINEAR, clipped=clipped), "R")


def test_each_channel_of_a_camera_frame_has_its_own_mask() -> None:
    planes = torch.as_tensor(edge()).expand(1, 3, HEIGHT, WIDTH)
    clipped = (planes > 0.8) & (torch.arange(3) == 2).reshape(1, 3, 1, 1)
    frame = Frame.start(planes, Domain.CAMERA, clipped=clipped)

    assert frame_sfr(frame, "G").measured_share == 1.0
    with pytest.raises(CalibrationError, match="measured"):
        frame_sfr(frame, "B")


def test_frames_that_cannot_be_measured_say_why() -> None:
    picture = torch.as_tensor(edge()).float()

    with pytest.raises(DomainError, match="reopen"):
        frame_sfr(Frame.start(picture.expand(1, 3, -1, -1), Domain.SDR), "G")
    with pytest.raises(FrameError, match="2 came"):
        frame_sfr(Frame.start(picture.expand(2, 3, -1, -1), Domain.LINEAR), "G")
    with pytest.raises(FrameError, match="R, G, B, but Y"):
        frame_sfr(Frame.start(picture[None, None], Domain.RAW, profile=PROFILE), "Y")
    with pytest.raises(FrameError, match="no sensor profile"):
        frame_sfr(Frame.start(picture[None, None], Domain.RAW), "G")


def test_airys_response_is_half_as_printed() -> None:
    """The circular pupil's OTF at half its cutoff: (2/pi)(acos 0.5 - 0.5 sqrt 0.75) = 0.391."""
    assert float(airy_mtf(np.array([0.5]), 1.0)[0]) == pytest.approx(0.39100, abs=1e-5)


# Real edges. The other programs differ among themselves by about 3 % in MTF50 (sfr_reference.json).
LUMINANCE = np.array([0.213, 0.715, 0.072])  # as the reference's settings say
PORT = {"edge_order": 5, "window": "hann", "corrects_bins": False}
PORT_FILES = (
    "Test_edge1.png", "h_edge.tif", "v_edge.tif", "h_edge_mono.tif", "v_edge_mono.tif", "slant.png",
)  # fmt: skip


def codes(path: Path) -> Reals:
    """Luminance of the file's codes as the reference programs took them: without a curve."""
    data = read_picture(path).data[0].double().numpy()
    return np.tensordot(LUMINANCE, data[:3], 1) if len(data) > 1 else data[0]


def column(path: Path, name: str) -> tuple[Reals, Reals]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    first = next(iter(rows[0]))
    return (
        np.array([float(r[first]) for r in rows]),
        np.array([float(r[name]) for r in rows]),
    )


@pytest.mark.parametrize("name", PORT_FILES)
def test_real_edges_agree_with_the_port_of_sfrmat5(shared_data: Path, name: str) -> None:
    """Its edge of order 5 and Tukey window; within 1.2 % of full contrast up to Nyquist."""
    folder = shared_data / "sfr"
    frequency, theirs = column(folder / f"{Path(name).stem}_sfrmat5port.csv", "sfr_lum")

    ours = slanted_edge_sfr(codes(folder / name), **PORT)  # type: ignore[arg-type]

    to_nyquist = frequency <= 0.5
    assert np.abs(ours.at(frequency) - theirs)[to_nyquist].max() < 0.012
    theirs50 = float(np.interp(-0.5, -theirs[to_nyquist], frequency[to_nyquist]))
    assert ours.mtf50 == pytest.approx(theirs50, rel=0.02)


def test_a_real_edge_agrees_with_the_author_of_sfrmat3(shared_data: Path) -> None:
    """A line, Hamming's window; his axis runs along the columns, ours along the normal."""
    folder = shared_data / "sfr"
    frequency, theirs = column(folder / "h_edge_sfrmat3_author.csv", "sfr_lum")

    ours = slanted_edge_sfr(codes(folder / "h_edge.tif"), window="hamming", corrects_bins=False)

    along_normal = frequency / math.cos(math.radians(ours.edge_angle_deg))
    assert np.abs(ours.at(along_normal) - theirs)[frequency <= 0.5].max() < 0.01


def test_a_real_edge_and_its_transpose_agree(shared_data: Path) -> None:
    """v_edge is h_edge turned by its photographer's program."""
    folder = shared_data / "sfr"

    upright = slanted_edge_sfr(codes(folder / "v_edge.tif"), **PORT)  # type: ignore[arg-type]
    lying = slanted_edge_sfr(codes(folder / "h_edge.tif"), **PORT)  # type: ignore[arg-type]

    assert upright.is_near_vertical
    assert not lying.is_near_vertical
    assert abs(upright.mtf50 - lying.mtf50) < 5e-4  # type: ignore[operator]
