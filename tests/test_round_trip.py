"""Light, masks and DN from the scene to the file and back: nothing is lost, nothing invented."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps.cli.main import run
from apps.developing import develop
from apps.truth import truth_in_linear
from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.sensor import Defect
from isp.core.shot import Shot
from isp.files.libraw_picture import libraw_picture
from isp.files.open import read
from isp.files.picture import read_picture
from isp.files.profile import load_profile, save_profile
from isp.files.save import write
from isp.stages.demosaic.bilinear import demosaic_bilinear
from isp.stages.demosaic.malvar2004 import demosaic_malvar2004
from simulate.sensor import Sensor
from tests.apps.samples import dn_of, read_codes, read_exr, steps

PROFILE = load_profile("NikonD850")
SENSOR = Sensor(PROFILE)
SHOT = Shot.single(exposure_time_s=1 / 25, f_number=2.8, iso=400)
RANGE_DN = 15520 - 400
BITS = {"measured": 1, "clipped": 2, "generated": 4}  # of a mask file
DEMOSAICS = {"malvar2004": demosaic_malvar2004, "bilinear": demosaic_bilinear}


def scene_of(light: NDArray[np.float32], space: str = "bt709") -> Frame:
    data = torch.from_numpy(light).permute(2, 0, 1)[None].contiguous()
    colour = Colour(primaries=PRIMARIES[space], anchor_cd_m2=100.0)
    return Frame.start(data, Domain.SCENE, colour=colour)


@pytest.fixture(scope="module")
def raw() -> Frame:
    """A capture that clips at the right and has noise everywhere."""
    return SENSOR.capture(SENSOR.expose(scene_of(steps((48, 64))), SHOT), seed=11)


@pytest.fixture(scope="module")
def dng(raw: Frame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("round") / "a.dng"
    write(path, raw)
    return path


def clipped_photosites(dn: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """The rule of HOUSE 4, worked out here: within 3 sigma of read noise below white, or 0."""
    reading = next(r for r in PROFILE.readings if r.iso == 400)
    margin = max(1.0, 3 * reading.read_noise_e * reading.system_gain_dn_per_e)
    return (dn >= 15520 - margin) | (dn == 0)


def resting_on(photosites: NDArray[np.bool_], demosaic: str = "malvar2004") -> NDArray[np.bool_]:
    """Pixels of which a channel changes when these photosites do: the filter itself is asked."""
    one, other = torch.rand(2, 1, 1, *photosites.shape, generator=torch.Generator().manual_seed(8))
    changed = torch.where(torch.from_numpy(photosites), other, one)
    before, after = (DEMOSAICS[demosaic](mosaic, PROFILE.cfa) for mosaic in (one, changed))
    return np.asarray((before != after).any(dim=1)[0])


def test_a_file_gives_back_dn_shot_balance_and_masks(raw: Frame, dng: Path) -> None:
    back = read(dng)

    assert torch.equal(back.data, raw.data)
    for mask in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(back, mask), getattr(raw, mask)), mask
    for name in ("exposure_time_s", "f_number", "iso", "white_balance"):
        # Rationals of 32 bits in the tags.
        said, wanted = getattr(back.shot, name), getattr(raw.shot, name)
        torch.testing.assert_close(said, wanted, rtol=1e-6, atol=0)
    assert back.profile is not None
    assert back.profile.cfa == PROFILE.cfa
    assert 0.2 < float(raw.clipped.float().mean()) < 0.6


@pytest.mark.parametrize("demosaic", ["malvar2004", "bilinear"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".exr"])
def test_the_masks_of_the_final_file_are_those_of_the_photosites(
    tmp_path: Path, raw: Frame, dng: Path, suffix: str, demosaic: str
) -> None:
    """From the sensor to the file three ways: by the rule, in memory, and by the command."""
    lost = resting_on(clipped_photosites(dn_of(dng)), demosaic)
    memory = develop(raw, demosaic=demosaic)
    out = tmp_path / f"a{suffix}"

    arguments = ["develop", str(dng), "-o", str(out), "--demosaic", demosaic, "--masks", "--quiet"]
    assert run(arguments) == 0

    if suffix == ".exr":
        channels = read_exr(out)
        stored = {name: channels[f"{name}.Y"] for name in ("measured", "clipped", "generated")}
        assert {str(a.dtype) for a in stored.values()} == {"float16"}
        assert set(np.unique(stored["measured"])) == {0, 1}
    else:
        bits = read_codes(tmp_path / "a.masks.png")[..., 0]
        stored = {name: bits & bit for name, bit in BITS.items()}
    for name, wanted in (("measured", ~lost), ("clipped", lost), ("generated", lost & False)):
        assert np.array_equal(stored[name] > 0, wanted), name
        assert np.array_equal(getattr(memory, name)[0, 0].numpy(), wanted), name


def test_masks_are_read_back_from_what_was_written(tmp_path: Path, dng: Path) -> None:
    memory = develop(dng)
    write(tmp_path / "a.png", memory, masks=True)
    write(tmp_path / "a.exr", develop(dng, preset="hdr_linear"))

    for back in (read_picture(tmp_path / "a.png", masks=True), read(tmp_path / "a.exr")):
        for mask in ("measured", "clipped", "generated"):
            assert torch.equal(getattr(back, mask), getattr(memory, mask)), mask


def test_a_listed_defect_is_unmeasured_to_the_file_but_never_clipped(
    tmp_path: Path, dng: Path
) -> None:
    defects = (Defect(row=20, column=5), Defect(row=30, column=12))  # in the dark left
    save_profile(replace(PROFILE, defects=defects), tmp_path / "mine.json")

    choices = ["--camera", str(tmp_path / "mine.json"), "--demosaic", "malvar2004"]
    out = str(tmp_path / "a.png")
    assert run(["develop", str(dng), "-o", out, *choices, "--masks", "--quiet"]) == 0
    bits = read_codes(tmp_path / "a.masks.png")[..., 0]
    lost = clipped_photosites(dn_of(dng))
    defective = np.zeros_like(lost)
    for d in defects:
        defective[d.row, d.column] = True
    assert np.array_equal((bits & BITS["clipped"]) > 0, resting_on(lost))
    unmeasured = (bits & BITS["measured"]) == 0
    assert unmeasured[20, 5]
    assert unmeasured[30, 12]
    # Its correction reaches as far as the demosaic on top of it, and no further.
    assert np.array_equal(unmeasured, resting_on(lost | defective))


def test_what_a_scene_never_measured_stays_unmeasured_in_its_photograph(tmp_path: Path) -> None:
    light = scene_of(np.full((24, 32, 3), 0.18, dtype=np.float32))
    hole = torch.zeros(1, 1, 24, 32, dtype=torch.bool)
    hole[..., 10:14, 8:20] = True
    write(tmp_path / "scene.exr", replace(light, measured=~hole, generated=hole))

    again = read(tmp_path / "scene.exr")
    photograph = SENSOR.capture(SENSOR.expose(again, SHOT), seed=1)

    assert torch.equal(again.measured, ~hole)
    assert torch.equal(photograph.measured, ~hole)
    assert torch.equal(photograph.generated, hole)
    assert not bool(photograph.clipped.any())


@pytest.mark.parametrize("rgb", [(0.3, 0.2, 0.1), (0.1, 0.2, 0.3), (0.2, 0.2, 0.2)])
@pytest.mark.parametrize("illuminant", ["D65", "D50", "A"])
def test_a_colour_comes_back_through_sensor_file_and_matrix(
    tmp_path: Path, rgb: tuple[float, float, float], illuminant: str
) -> None:
    light = scene_of(np.full((24, 32, 3), rgb, dtype=np.float32))
    expected = SENSOR.expose(light, SHOT, illuminant=illuminant)
    write(tmp_path / "a.dng", SENSOR.expected_dn(expected))

    back = develop(
        tmp_path / "a.dng", preset="hdr_linear", settings=[("colour_matrix", "target", "bt709")]
    )

    # Half a DN, times the largest gain and the weights of a matrix row.
    neutral = dict(expected.history)["expose"]["neutral"]
    tolerance = 0.5 / RANGE_DN / min(neutral) * 2.5
    difference = back.data[0].permute(1, 2, 0).double().numpy() - truth_in_linear(light, expected)
    assert abs(difference).max() < tolerance


def test_a_finished_picture_is_photographed_again(dng: Path) -> None:
    """SDR is reopened as SCENE; at an exposure where white is white, the same picture returns."""
    light = np.full((24, 32, 3), (0.35, 0.2, 0.12), dtype=np.float32)
    picture = develop(SENSOR.expected_dn(SENSOR.expose(scene_of(light), SHOT)))
    scene = reopen(picture, Domain.SCENE, Response.srgb())

    # Electrons per unit of scene that fill the range of DN.
    expected = SENSOR.expose(scene, SHOT, luminance_scale_cd_m2=100.0)
    per_unit = dict(expected.history)["expose"]["electrons_per_unit"][0]
    gain = float(PROFILE.at_iso(torch.tensor([400.0])).system_gain_dn_per_e[0])
    scale = 100.0 * RANGE_DN / (per_unit * gain)
    expected = SENSOR.expose(scene, SHOT, luminance_scale_cd_m2=scale)
    again = develop(SENSOR.expected_dn(expected))

    # Half a DN as above, on sRGB's slope of at most 2.5 here.
    assert abs(again.data - picture.data).max() < 0.5 / RANGE_DN / 0.45 * 2.5 * 2.5
    names = [name for name, _ in again.history]
    assert names.count("encode") == 2
    second = names[names.index("reopen") :]
    assert second[:3] == ["reopen", "expose", "read_out"]
    assert second[-1] == names[names.index("reopen") - 1] == "encode"
    assert dict(again.history)["reopen"] == {"from": "SDR", "as": "SCENE", "decode": "srgb"}


def test_masks_survive_the_second_pass(raw: Frame) -> None:
    picture = develop(raw)
    scene = reopen(picture, Domain.SCENE, Response.srgb())
    assert torch.equal(scene.measured, picture.measured)
    assert torch.equal(scene.data, Response.srgb().decode(picture.data))

    dim = SENSOR.expose(scene, SHOT, luminance_scale_cd_m2=10.0)
    again = SENSOR.capture(dim, seed=12)

    # Nothing clips this time: what the first pass lost is all that is lost.
    assert torch.equal(again.measured, picture.measured)
    assert torch.equal(again.clipped, picture.clipped)
    developed = develop(again, demosaic="malvar2004")
    lost = ~picture.measured[0, 0].numpy()
    assert np.array_equal(~developed.measured[0, 0].numpy(), resting_on(lost))


def test_a_picture_is_not_reopened_without_its_curve_or_as_a_raw(raw: Frame) -> None:
    picture = develop(raw)

    for as_, decode in ((Domain.SCENE, None), (Domain.RAW, Response.srgb())):
        with pytest.raises(DomainError):
            reopen(picture, as_, decode)
    with pytest.raises(DomainError, match="only a finished picture"):
        reopen(raw, Domain.SCENE)


def test_simulate_and_develop_close_in_the_command(tmp_path: Path) -> None:
    """The scene's own numbers, on the scale of the sensor, come out of the command's two verbs."""
    light = np.exp2(np.linspace(-5, -1, 48, dtype=np.float32))
    scene = np.repeat(np.repeat(light[None, :, None], 32, axis=0), 3, axis=2)
    write(tmp_path / "scene.exr", scene_of(scene))

    for arguments in (
        ["simulate", tmp_path / "scene.exr", "-o", tmp_path / "a.dng", "--camera", "NikonD850",
         "--iso", 400, "--exposure-time", "1/25", "--f-number", 2.8, "--no-noise", "--quiet"],
        ["develop", tmp_path / "a.dng", "-o", tmp_path / "a.exr", "--linear", "--demosaic",
         "bilinear", "--quiet"],
    ):  # fmt: skip
        assert run([str(a) for a in arguments]) == 0

    frame = read(tmp_path / "scene.exr")
    truth = truth_in_linear(frame, SENSOR.expose(frame, SHOT))[..., 1]
    green = read_exr(tmp_path / "a.exr")["G"].astype(float)
    # The scene is an exponential ramp of ratio r per pixel: the mean of two neighbours is off by
    # (r + 1/r) / 2 - 1, of four by half of it; the borders mirror. DN, halves and matrix as above.
    ratio = 2 ** (4 / 47)
    tolerance = truth * ((ratio + 1 / ratio) / 2 - 1 + 2**-11) + 0.5 / RANGE_DN / 0.45 * 2
    assert (abs(green - truth)[2:-2, 2:-2] <= tolerance[2:-2, 2:-2]).all()
    note = json.loads((tmp_path / "a.json").read_text())
    assert note["history"][-1] == ["read_out", {"noise": False}]


def shallow_dng(folder: Path) -> tuple[Frame, Path]:
    """A capture whose well fills far below the ADC's range, and its DNG with sidecar."""
    sensor = Sensor(PROFILE.with_fields(full_well_e=4000.0))
    shot = Shot.single(exposure_time_s=1 / 25, f_number=2.8, iso=100)
    raw = sensor.capture(sensor.expose(scene_of(steps((48, 64))), shot), seed=3)
    write(folder / "a.dng", raw)
    return raw, folder / "a.dng"


def test_a_shallow_well_is_the_same_picture_in_memory_with_and_without_sidecar(
    tmp_path: Path,
) -> None:
    raw, path = shallow_dng(tmp_path)
    assert bool(raw.clipped.any())

    memory = develop(raw, preset="hdr_linear")
    beside = develop(read(path), preset="hdr_linear")
    path.with_suffix(".json").unlink()
    alone = develop(read(path), preset="hdr_linear")

    for other in (beside, alone):
        # AsShotNeutral and the matrices are rationals in the file.
        torch.testing.assert_close(other.data, memory.data, rtol=2e-4, atol=2e-5)
        assert torch.equal(other.clipped, memory.clipped)


def test_a_full_well_is_white_and_not_pink(tmp_path: Path) -> None:
    raw, _ = shallow_dng(tmp_path)
    full = scene_of(np.full((32, 32, 3), 1e4, dtype=np.float32))
    sensor = Sensor(PROFILE.with_fields(full_well_e=4000.0))
    drowned = sensor.capture(sensor.expose(full, raw.shot), seed=3)

    white = develop(drowned, preset="hdr_linear", settings=(("colour_matrix", "target", "bt709"),))

    # Read noise below saturation is 3.3 e- of 4000 and row noise 0.3 e-.
    torch.testing.assert_close(white.data, torch.ones_like(white.data), rtol=0, atol=0.02)


@pytest.mark.parametrize("pattern", ["RGGB", "QUAD_RGGB", "XTRANS"])
def test_a_dump_of_ours_is_developed_without_naming_its_camera(
    tmp_path: Path, pattern: str
) -> None:
    cfa = Cfa.named(pattern)
    sites = cfa.period[0] * cfa.period[1]
    sensor = Sensor(PROFILE.with_fields(cfa=cfa, black_level_dn=(400.0,) * sites))
    raw = sensor.capture(sensor.expose(scene_of(steps((48, 66))), SHOT), seed=3)
    write(tmp_path / "a.raw", raw)

    back = read(tmp_path / "a.raw")

    assert torch.equal(back.data, raw.data)
    assert torch.equal(back.measured, raw.measured)
    torch.testing.assert_close(develop(back).data, develop(raw).data)


def test_a_pictures_masks_are_read_with_it(tmp_path: Path, dng: Path) -> None:
    picture = develop(dng)
    write(tmp_path / "a.png", picture, masks=True)

    back = read(tmp_path / "a.png")

    assert torch.equal(back.measured, picture.measured)
    assert torch.equal(back.clipped, picture.clipped)


def test_the_recipe_of_the_docs_develops_a_picture(tmp_path: Path, dng: Path) -> None:
    page = Path(__file__).parents[1] / "docs" / "isp.md"
    text = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    (tmp_path / "mine.toml").write_text(text)

    assert develop(dng, recipe=tmp_path / "mine.toml").domain is Domain.SDR


def test_our_linear_light_is_that_of_libraw_on_the_colour_chart(shared_data: Path) -> None:
    chart = shared_data / "colorchecker" / "canon_550d_colorchart.dng"
    settings = (("colour_matrix", "target", "bt709"),)

    ours = develop(chart, preset="hdr_linear", demosaic="bilinear", settings=settings)
    theirs = libraw_picture(chart, "LINEAR", linear=True).arrays["code"] / 65535

    light = ours.data[0].permute(1, 2, 0).clamp(0, 1).double().numpy()
    assert np.median(np.abs(light - theirs)[8:-8, 8:-8]) <= 0.005
