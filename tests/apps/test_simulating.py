"""From a scene to a raw file: the request's numbers reach the DN."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.light import Seen, open_scene
from apps.simulating import (
    Shutter,
    SimulationRequest,
    camera_of,
    changed,
    exposed,
    photograph,
    refuse_raw,
    set_up,
    shot_of,
    while_open,
)
from isp.core.domain import Domain
from isp.core.errors import FileError, OutputError, ProfileError, UsageError
from isp.files.profile import load_profile
from simulate.rolling_shutter import Flicker
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    GREY,
    SIZE,
    dn_of,
    left_in,
    shoot,
)

D850 = load_profile("NikonD850")


def request(scene: Path | str, **changes: object) -> SimulationRequest:
    asked: dict[str, object] = {
        "scene": str(scene), "camera": "NikonD850", "iso": 400.0, "exposure_time_s": 1 / 25,
        "f_number": 2.8,
    }  # fmt: skip
    return SimulationRequest(**asked | changes)  # type: ignore[arg-type]


def test_the_expected_dn_of_grey_are_those_worked_out_by_hand(grey_dng: Path) -> None:
    dn = dn_of(grey_dng)

    green = BLACK_DN + GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E
    assert dn.shape == SIZE
    assert set(dn[0::2, 1::2].flat) == set(dn[1::2, 0::2].flat) == {round(green)}


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"exposure_time_s": 1 / 50}, 1 / 2),
        ({"f_number": 5.6}, 1 / 4),
        ({"iso": 800.0}, 2),
        ({"luminance_scale_cd_m2": 25.0}, 1 / 4),
        ({"changes": {"quantum_efficiency": 0.1}}, 1 / 2),
        ({"changes": {"pixel_pitch_um": 2.175}}, 1 / 4),
    ],
)
def test_signal_follows_the_photographers_numbers(
    tmp_path: Path, grey_exr: Path, changes: dict[str, object], factor: float
) -> None:
    dn = dn_of(shoot(grey_exr, tmp_path / "out.dng", noise=False, **changes))

    signal = GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E * factor
    # Rounded to a DN; the gain of ISO 800 differs from twice that of 400 in the eighth digit.
    assert abs(float(dn[0, 1]) - BLACK_DN - signal) <= 0.5 + 1e-6 * signal


def test_the_report_counts_electrons_and_clipped_photosites(tmp_path: Path, grey_exr: Path) -> None:
    facts = photograph(
        request(grey_exr, changes={"full_well_e": 1500}, noise=False), tmp_path / "out.dng"
    )

    # Green expects 2458 e-, blue 1961 and red 1107 (neutral 0.4504, 1, 0.7978): all but red clip.
    assert facts["clipped_percent"] == 75.0
    assert facts["measured_percent"] == 25.0
    assert facts["mean_expected_e"] == pytest.approx(
        GREY * ELECTRONS_PER_UNIT * (0.45040 + 2 + 0.79776) / 4, rel=1e-5
    )
    assert (facts["width"], facts["height"], facts["cfa"]) == (SIZE[1], SIZE[0], "RGGB")
    assert [name for name, _ in facts["history"]] == ["read_scene", "expose", "read_out"]
    json.dumps(facts, allow_nan=False)


def test_a_built_in_scene_is_opened_by_name_and_a_file_by_its_path(grey_exr: Path) -> None:
    assert open_scene("scene:interior").history[0][1]["name"] == "interior"
    assert np.allclose(open_scene(str(grey_exr)).data, GREY)
    with pytest.raises(UsageError, match="no built-in scene"):
        open_scene("scene:moon")


def test_a_raw_file_is_no_scene(grey_dng: Path) -> None:
    with pytest.raises(FileError, match=r"linear light .EXR or HDR., but this is RAW"):
        open_scene(str(grey_dng))
    assert Domain.RAW > Domain.SCENE


@pytest.mark.parametrize("suffix", [".png", ".npy", ".exr", ""])
def test_a_raw_is_written_as_dng_or_dump(tmp_path: Path, grey_exr: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match=r"as \.dng, \.tif or \.raw"):
        photograph(request(grey_exr), tmp_path / f"out{suffix}")
    assert left_in(tmp_path) == []


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    steps: list[str] = []

    with pytest.raises(OutputError, match="does not exist"):
        photograph(request("none.exr"), tmp_path / "no" / "out.dng", advance=steps.append)
    assert steps == []


def test_numbers_of_the_camera_can_be_changed_one_by_one() -> None:
    profile = changed(D850, {"full_well_e": 6000, "temperature_c": 35.5})

    assert (profile.full_well_e, profile.temperature_c) == (6000, 35.5)
    assert profile.readings == D850.readings
    assert changed(D850, {}) is D850


def test_one_black_level_stands_for_all_sites() -> None:
    assert changed(D850, {"black_level_dn": 512}).black_level_dn == (512.0,) * 4
    assert changed(D850, {"black_level_dn": [1, 2, 3, 4]}).black_level_dn == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fulwell": 1}, "a camera has no fulwell; --set changes bit_depth"),
        ({"cfa": "BGGR"}, "cfa belongs in a FILE.json"),
        ({"assumed": 1}, "assumed belongs in a FILE.json"),
        ({"full_well_e": "many"}, "--set full_well_e takes a number, not 'many'"),
        ({"full_well_e": True}, "takes a number"),
        ({"full_well_e": None}, "takes a number"),
        ({"full_well_e": [1, 2]}, "takes a number"),
        ({"white_level_dn": float("nan")}, "takes a number, not nan"),
        ({"black_level_dn": "a"}, "--set black_level_dn takes a number, not 'a'"),
        ({"black_level_dn": None}, "takes a number"),
        ({"bit_depth": 14.5}, "--set bit_depth takes a whole number, not 14.5"),
    ],
)
def test_a_field_that_is_unknown_or_no_number_is_a_usage_error(
    changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        changed(D850, changes)
    assert reason in str(caught.value)


def test_a_number_that_no_camera_has_is_a_profile_error() -> None:
    for changes in ({"full_well_e": -1}, {"bit_depth": 12}, {"black_level_dn": [1, 2]}):
        with pytest.raises(ProfileError, match="NikonD850"):
            changed(D850, changes)


def test_an_unknown_light_is_a_usage_error(tmp_path: Path, grey_exr: Path) -> None:
    with pytest.raises(UsageError, match='no illuminant is named "candle"; known: A, D50'):
        photograph(request(grey_exr, illuminant="candle"), tmp_path / "out.dng")


def test_the_light_comes_at_the_size_of_the_request() -> None:
    sensor, light = set_up(request("scene:flat", seen=Seen(size=(20, 30))))

    assert (light.size, sensor.profile) == ((20, 30), D850)
    assert camera_of(request("none", changes={"full_well_e": 900})).profile.full_well_e == 900


def test_the_frames_number_keys_its_noise(tmp_path: Path, grey_exr: Path) -> None:
    first, second, again = (
        dn_of(shoot(grey_exr, tmp_path / f"{name}.dng", frame_number=number))
        for name, number in (("a", 0), ("b", 1), ("c", 1))
    )

    assert shot_of(request("x", frame_number=7)).frame_number.tolist() == [7]
    assert not np.array_equal(first, second)
    assert np.array_equal(second, again)


def test_the_facts_say_what_was_asked_for_and_what_is_assumed(
    tmp_path: Path, grey_exr: Path
) -> None:
    facts = photograph(request(grey_exr, seed=9, body=2), tmp_path / "out.dng")

    assert facts["scene"] == str(grey_exr)
    assert (facts["iso"], facts["exposure_time_s"], facts["f_number"]) == (400, 1 / 25, 2.8)
    assert (facts["seed"], facts["body"], facts["noise"]) == (9, 2, True)
    assert facts["assumed"] == list(D850.assumed)
    assert (facts["view"], facts["file"]) == (None, "out.dng")


def test_a_shot_of_ones_own_exposes_in_its_place() -> None:
    sensor, light = set_up(request("scene:flat", seen=Seen(size=(20, 30))))
    asked = request("scene:flat")

    longer = exposed(asked, sensor, light, shot_of(request("x", exposure_time_s=1 / 5)))

    assert np.allclose(longer.data, 5 * exposed(asked, sensor, light).data, rtol=1e-6)


def test_spectra_take_no_luminance_scale() -> None:
    asked = request(
        "scene:colorchecker-spectral", luminance_scale_cd_m2=50.0, seen=Seen(size=(24, 36))
    )
    sensor, light = set_up(asked)

    with pytest.raises(UsageError, match=r"colorchecker-spectral is .* takes no --luminance-scale"):
        exposed(asked, sensor, light)


@pytest.mark.parametrize(
    ("output", "taken", "reason"),
    [
        ("a.dng", "a.dng", "pass --force"),
        ("a.dng", "a.json", "it is no sidecar of fullwell"),
        ("a.tif", "a.json", "it is no sidecar of fullwell"),
        ("a.tif", "a.masks.png", "pass --force"),
    ],
)
def test_files_beside_the_raw_are_refused_before_any_work(
    tmp_path: Path, output: str, taken: str, reason: str
) -> None:
    (tmp_path / taken).write_text("mine")
    steps: list[str] = []

    with pytest.raises(OutputError, match=reason):
        photograph(request("none.exr"), tmp_path / output, advance=steps.append)

    assert (steps, left_in(tmp_path)) == ([], [taken])
    if taken != "a.json":
        refuse_raw(tmp_path / output, force=True)


def test_our_own_sidecar_is_replaced_with_force_only(tmp_path: Path, grey_exr: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"file": "a.raw"}))
    steps: list[str] = []

    with pytest.raises(OutputError, match=r"a\.json: it exists already; pass --force"):
        photograph(request("none.exr"), tmp_path / "a.dng", advance=steps.append)
    assert steps == []
    photograph(request(grey_exr), tmp_path / "a.dng", force=True)
    assert json.loads((tmp_path / "a.json").read_text())["file"] == "a.dng"


def test_flickering_light_makes_bands_of_the_lamp_s_and_the_rows_period(grey_exr: Path) -> None:
    lamp = Flicker(frequency_hz=100.0, depth=0.5)
    asked = request(
        "scene:flat", exposure_time_s=1e-4, changes={"row_time_s": 5e-4},
        seen=Seen(size=(80, 4)), shutter=Shutter(flicker=lamp),
    )  # fmt: skip
    sensor, light = set_up(asked)
    steady = exposed(asked, sensor, light)

    ratio = (while_open(asked, sensor, light).data / steady.data)[0, 0, :, 0].double()

    # 1 + depth sinc(f T) cos(2 pi f (row t_row + T / 2)): 20 rows a band.
    middle = torch.arange(80) * 5e-4 + 5e-5
    swing = np.sinc(0.01) * 0.5 * torch.cos(2 * np.pi * 100 * middle)
    torch.testing.assert_close(ratio, 1 + swing.double(), rtol=1e-6, atol=1e-6)


def test_a_pan_with_a_rolling_shutter_leans_a_vertical_edge(grey_exr: Path) -> None:
    asked = request(
        "scene:slanted-edge?angle=0", exposure_time_s=1e-5, changes={"row_time_s": 1e-3},
        seen=Seen(size=(40, 200)), shutter=Shutter(pan_px_s=(0.0, 1000.0)),
    )  # fmt: skip
    sensor, light = set_up(asked)

    seen = while_open(asked, sensor, light).data[0, 0, 1::2, ::2].double()

    steps = (seen[:, 1:] - seen[:, :-1]).argmax(dim=1)  # blue of even columns: two px a step
    assert torch.equal(steps.diff(), torch.ones_like(steps.diff()))


def test_without_a_shutter_s_motion_nothing_changes(grey_exr: Path) -> None:
    asked = request(grey_exr)
    sensor, light = set_up(asked)

    assert torch.equal(while_open(asked, sensor, light).data, exposed(asked, sensor, light).data)
