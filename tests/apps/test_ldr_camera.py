"""The 8-bit camera in the application: sensor, response, files, and the truth beside them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps.ldr_camera import (
    developed_light,
    jpeg_round_trip,
    ldr_pair,
    linear_truth,
    photograph_8bit,
)
from apps.simulating import SimulationRequest
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.shot import Shot
from isp.files.exr_decode import decode_exr
from isp.files.limits import Limits
from isp.files.open import read
from isp.files.picture_decode import decode_picture
from isp.files.profile import load_profile
from simulate.ldr import linearise, to_codes
from simulate.sensor import Sensor
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    WHITE_DN,
    grey,
    steps,
    write_exr,
)

CURVE = Response.sigmoid(0.6, 0.9)
SHOT = Shot.single(exposure_time_s=1 / 25, f_number=2.8, iso=400)
PER_UNIT = ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E / (WHITE_DN - BLACK_DN)


def request(scene: str, **changes: Any) -> SimulationRequest:
    given = SimulationRequest(
        scene=scene, camera="NikonD850", iso=400, exposure_time_s=1 / 25, f_number=2.8,
        seed=5,
    )  # fmt: skip
    return replace(given, **changes)


def scene_of(pixels: NDArray[np.float32]) -> Frame:
    data = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pixels, -1, 0)))[None]
    return Frame.start(data, Domain.SCENE, colour=Colour())


GREY, STEPS = scene_of(grey()), scene_of(steps())


@pytest.fixture
def scenes_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenes without their files: every file read is a process of its own."""
    at_hand = {"grey": GREY, "steps": STEPS}
    monkeypatch.setattr("apps.light.open_scene", at_hand.__getitem__)


def codes(path: Path) -> NDArray[np.uint8]:
    """The codes of a picture (h, w, 3), read in this process."""
    return decode_picture(str(path), Limits()).arrays["code"]


def light_of(path: Path) -> NDArray[np.float64]:
    """The light of an EXR, (h, w, 3), read in this process."""
    return decode_exr(str(path), Limits()).arrays["rgb"].astype(np.float64)


@pytest.mark.usefixtures("scenes_at_hand")
def test_a_grey_scene_has_the_code_of_its_share_of_white(tmp_path: Path) -> None:
    """0.18 of a scene whose 1.0 gives a known number of electrons, DN, and share of white."""
    facts = photograph_8bit(
        request("grey", noise=False), tmp_path / "a.png", CURVE, truth=tmp_path / "a.exr"
    )

    share = 0.18 * PER_UNIT
    expected = round(255 * 1.6 * share**0.9 / (0.6 + share**0.9))
    assert (codes(tmp_path / "a.png") == expected).all()
    np.testing.assert_allclose(light_of(tmp_path / "a.exr"), share, rtol=2**-11)
    assert facts["response"]["name"] == "sigmoid 0.6, 0.9"
    assert json.loads(json.dumps(facts))["truth"] == "a.exr"


def test_the_picture_linearised_is_the_truth_where_it_is_measured(tmp_path: Path) -> None:
    """Without noise or mosaic only the codes' width is left, and the half floats of the file."""
    scene = write_exr(tmp_path / "steps.exr", steps())

    photograph_8bit(
        request(str(scene)), tmp_path / "a.png", CURVE, truth=tmp_path / "a.exr",
        through_sensor=False,
    )  # fmt: skip

    picture, truth = read(tmp_path / "a.png"), read(tmp_path / "a.exr")
    linear, half_width = linearise(picture, CURVE)
    error = (linear - truth.data).abs()
    assert bool((error <= half_width + truth.data * 2**-11).all())
    assert 0 < float(picture.clipped.float().mean()) < 1
    assert float(truth.data.max()) > 2


@pytest.mark.usefixtures("scenes_at_hand")
def test_light_beyond_white_is_white_in_every_channel_and_kept_in_the_truth(
    tmp_path: Path,
) -> None:
    photograph_8bit(request("steps"), tmp_path / "a.png", CURVE, truth=tmp_path / "a.exr")

    bright = light_of(tmp_path / "a.exr").min(axis=-1) > 1.2
    assert bright.any()
    assert not bright.all()
    assert (codes(tmp_path / "a.png")[bright] == 255).all()


@pytest.mark.usefixtures("scenes_at_hand")
def test_the_mask_is_that_of_the_raw_and_of_the_codes(tmp_path: Path) -> None:
    sensor = Sensor(load_profile("NikonD850"))
    expected = sensor.expose(STEPS, SHOT)
    raw = sensor.capture(expected, 5)
    defect = torch.zeros_like(raw.measured)
    defect[..., 10, 12] = True

    picture, _ = ldr_pair(STEPS, expected, replace(raw, measured=raw.measured & ~defect), CURVE)

    developed = developed_light(replace(raw, measured=raw.measured & ~defect))
    code = torch.round(255 * picture.data)
    ends = ((code == 0) | (code == 255)).any(dim=1, keepdim=True)
    assert torch.equal(picture.measured, developed.measured & ~ends)
    assert torch.equal(picture.clipped, developed.clipped | ends)
    assert not bool(picture.measured[0, 0, 10, 12])
    photograph_8bit(request("steps"), tmp_path / "a.png", CURVE)
    beside = codes(tmp_path / "a.masks.png")[..., 0]
    assert np.array_equal((beside & 2) != 0, picture.clipped[0, 0].numpy())


def test_a_colour_seen_through_the_sensor_is_that_of_the_truth() -> None:
    """What is left is half a code, and half a DN through balance and matrix (test_round_trip)."""
    light = scene_of(np.full((24, 32, 3), (0.3, 0.2, 0.1), dtype=np.float32))
    sensor = Sensor(load_profile("NikonD850"))
    expected = sensor.expose(light, SHOT)

    picture, truth = ldr_pair(light, expected, sensor.expected_dn(expected), CURVE)

    linear, half_width = linearise(picture, CURVE)
    assert picture.colour is not None
    assert picture.colour.space == "bt709"
    rounding = 0.5 / (WHITE_DN - BLACK_DN) / 0.45 * 2.5
    assert bool(((linear - truth.data).abs() <= half_width + rounding).all())


@pytest.mark.usefixtures("scenes_at_hand")
def test_two_stops_are_four_times_the_exposure_time(tmp_path: Path) -> None:
    photograph_8bit(request("grey"), tmp_path / "a.png", Response.linear(), ev=2.0,
                    truth=tmp_path / "a.exr")  # fmt: skip
    photograph_8bit(request("grey", exposure_time_s=4 / 25), tmp_path / "b.png", Response.linear())

    assert np.array_equal(codes(tmp_path / "a.png"), codes(tmp_path / "b.png"))
    np.testing.assert_allclose(light_of(tmp_path / "a.exr"), 0.72 * PER_UNIT, rtol=2**-11)


@pytest.mark.usefixtures("scenes_at_hand")
def test_noise_comes_from_the_seed_and_can_be_left_out(tmp_path: Path) -> None:
    for name, changes in (("a", {}), ("b", {}), ("c", {"seed": 6}), ("d", {"noise": False})):
        asked = request("grey", exposure_time_s=1 / 2000, **changes)
        photograph_8bit(asked, tmp_path / f"{name}.png", Response.srgb())

    a, b, c, d = (codes(tmp_path / f"{name}.png") for name in "abcd")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert int(np.ptp(d)) <= 1  # colours of grey differ by the ADC's rounding only
    assert int(np.ptp(a)) > 2


def test_a_monochrome_truth_is_what_each_photosite_expects() -> None:
    sensor = Sensor(load_profile("EMVA-CCD"))
    shot = Shot.single(exposure_time_s=1 / 500, f_number=4.0, iso=100)
    expected = sensor.expose(GREY, shot)

    picture, truth = ldr_pair(GREY, expected, None, CURVE)

    gain, black, white = 0.280063, 14.76, np.floor(14.76 + 0.280063 * 14008)
    share = float(expected.data[0, 0, 0, 0]) * gain / (white - black)
    assert truth.data.flatten().tolist() == pytest.approx([share] * truth.data.numel(), rel=1e-5)
    assert torch.equal(torch.round(255 * picture.data), to_codes(truth.data, CURVE))


@pytest.mark.usefixtures("scenes_at_hand")
def test_the_round_trip_in_memory_is_that_through_the_file(tmp_path: Path) -> None:
    photograph_8bit(request("steps"), tmp_path / "a.png", CURVE)
    facts = photograph_8bit(request("steps"), tmp_path / "a.jpg", CURVE, quality=60, masks=False)
    picture = read(tmp_path / "a.png")

    back = jpeg_round_trip(picture, quality=60)

    assert facts["jpeg_quality"] == 60
    stored = torch.from_numpy(codes(tmp_path / "a.jpg")).permute(2, 0, 1)[None]
    assert torch.equal(torch.round(255 * back.data), stored.float())
    ends = ((back.data == 0) | (back.data == 1)).any(dim=1, keepdim=True)
    assert torch.equal(back.clipped, picture.clipped | ends)
    assert torch.equal(back.measured, picture.measured & ~ends)
    assert back.history[-1] == ("jpeg", {"quality": 60, "chroma": "4:4:4"})
    with pytest.raises(DomainError, match="the frame is SCENE"):
        jpeg_round_trip(STEPS, quality=60)


def test_a_batch_goes_through_jpeg_image_by_image() -> None:
    pictures = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(7))

    together = jpeg_round_trip(Frame.start(pictures, Domain.SDR), quality=80, chroma="4:2:0")

    alone = jpeg_round_trip(Frame.start(pictures[1:], Domain.SDR), quality=80, chroma="4:2:0")
    assert torch.equal(together.data[1:], alone.data)


def test_nothing_is_written_when_an_output_is_not_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_text("mine")

    with pytest.raises(OutputError, match=r"a\.exr: it exists already"):
        photograph_8bit(request("grey"), tmp_path / "a.png", CURVE, truth=tmp_path / "a.exr")
    with pytest.raises(UsageError, match=r"writes \.png, \.jpg"):
        photograph_8bit(request("grey"), tmp_path / "a.tif", CURVE)
    with pytest.raises(UsageError, match=r"written as \.exr"):
        photograph_8bit(request("grey"), tmp_path / "a.png", CURVE, truth=tmp_path / "b.png")

    assert [path.name for path in tmp_path.iterdir()] == ["a.exr"]


def test_a_truth_that_cannot_be_written_takes_the_picture_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: Any, **__: Any) -> None:
        raise OutputError(path, "no room")

    monkeypatch.setattr("apps.light.open_scene", {"grey": GREY}.__getitem__)
    monkeypatch.setattr("apps.ldr_camera.write_exr", full)
    (tmp_path / "truths").mkdir()

    with pytest.raises(OutputError) as caught:
        photograph_8bit(
            request("grey"), tmp_path / "a.png", CURVE, truth=tmp_path / "truths" / "a.exr"
        )

    assert str(caught.value) == f"{tmp_path / 'truths' / 'a.exr'}: no room"
    assert [path.name for path in tmp_path.rglob("*")] == ["truths"]


def test_a_truth_of_another_size_is_refused() -> None:
    expected = Sensor(load_profile("NikonD850")).expose(GREY, SHOT)

    with pytest.raises(FrameError, match=r"sensor's size \(24, 32\), but 1 of \(32, 64\)"):
        linear_truth(STEPS, expected)
