"""Options of simulate are read whole, and refused where they make no sense or would do nothing."""

import math
from pathlib import Path
from typing import Any

import pytest

from apps.cli.simulate_options import NEEDS, assignments, evs, refuse_idle, seen, shutter
from isp.core.errors import UsageError

NOTHING: dict[str, Any] = {
    "ldr": False, "bracket": None, "burst": None, "response": None, "quality": None,
    "jitter": None, "shake_px": None, "shake_deg": None, "no_truth": False,
}  # fmt: skip
GIVEN = {
    "response": "srgb", "quality": 95, "jitter": 0.0, "shake-px": 0.0, "shake-deg": 1.0,
    "no-truth": True,
}  # fmt: skip
MODES = {"--ldr": {"ldr": True}, "--bracket": {"bracket": "0,1"}, "--burst": {"burst": 2}}


def view(**changes: Any) -> Any:
    asked = {"size": None, "fov": None, "focal_length": None, "lens": None, "direction": None}
    return seen(**asked | changes)


def test_a_size_is_width_by_height() -> None:
    assert view(size="1200x800").size == (800, 1200)
    assert view(size="30X20").size == (20, 30)
    assert view().size is None


@pytest.mark.parametrize("text", ["30", "30x", "x20", "0x20", "-3x20", "3.5x2", "30x20x3", "axb"])
def test_a_size_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="WIDTHxHEIGHT in photosites, as 1200x800, not"):
        view(size=text)


def test_a_direction_is_two_angles_or_random() -> None:
    assert view(direction="30,-12.5").direction == (30.0, -12.5)
    assert view(direction="random").direction == "random"
    for text in ("30", "30,0,0", "a,b", "nan,0", "inf,0", ""):
        with pytest.raises(UsageError, match="YAW,PITCH in degrees, or random"):
            view(direction=text)


def test_stops_are_numbers_with_commas() -> None:
    assert evs("-2,0,+1.5") == (-2.0, 0.0, 1.5)
    assert evs(None) == ()
    for text in ("", "a", "0,,1", "0,nan", "0;1"):
        with pytest.raises(UsageError, match="stops with commas, as -2,0,2"):
            evs(text)


def test_every_field_of_a_lens_can_be_said() -> None:
    lens = view(
        lens=[
            "gaussian_psf_um=1.5", "diffraction=true", "defocus_um=4", "cos4=true",
            "vignetting=-0.3", "lateral_colour_ppm=120,0,-90", "veiling_glare=0.02",
            "focal_length_mm=35", "name=mine",
        ]
    ).lens  # fmt: skip

    assert lens.record() == {
        "name": "mine", "gaussian_psf_um": 1.5, "diffraction": True, "defocus_um": 4,
        "cos4": True, "vignetting": (-0.3,), "lateral_colour_ppm": (120, 0, -90),
        "veiling_glare": 0.02, "focal_length_mm": 35,
    }  # fmt: skip
    assert view(lens=["vignetting=-0.3,0.1"]).lens.vignetting == (-0.3, 0.1)
    assert view().lens is None


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["blur=3"], "a lens has no field blur; fields: cos4"),
        (["defocus_um"], '--lens: expected name=value, got "defocus_um"'),
        (["defocus_um=wide"], "--lens defocus_um is a number, not 'wide'"),
        (["defocus_um=null"], "--lens defocus_um is a number"),
        (["defocus_um=true"], "--lens defocus_um is a number, not True"),
        (["defocus_um=Infinity"], "--lens defocus_um is a number, not inf"),
        (["defocus_um=-1"], "--lens: defocus_um must be >= 0"),
        (["cos4=1"], "--lens cos4 is true or false, not 1"),
        (["diffraction=yes"], "--lens diffraction is true or false, not 'yes'"),
        (["vignetting=a,b"], "--lens vignetting is numbers with commas"),
        (["lateral_colour_ppm=3"], "three numbers R,G,B, not 3"),
        (["veiling_glare=2"], "a share in 0..1"),
        (["defocus_um=1", "defocus_um=2"], "--lens defocus_um came twice"),
    ],
)
def test_a_lens_that_cannot_be_is_a_usage_error(texts: list[str], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        view(lens=texts)
    assert reason in str(caught.value)


def test_assignments_are_values_by_field() -> None:
    assert assignments("--set", ["a=1", "b=x", "c=1,2"]) == {"a": 1, "b": "x", "c": [1, 2]}
    assert assignments("--set", None) == {}
    with pytest.raises(UsageError, match="--set a came twice"):
        assignments("--set", ["a=1", "a=2"])


@pytest.mark.parametrize("name", NEEDS)
def test_what_would_do_nothing_is_refused(name: str) -> None:
    """Even with the value that it has unless said."""
    given = {name.replace("-", "_"): GIVEN[name]}
    for mode, chosen in {"": {}, **MODES}.items():
        asked = NOTHING | given | chosen
        if mode in NEEDS[name]:
            refuse_idle(Path("a.jpg"), **asked)
        else:
            with pytest.raises(UsageError, match=f"--{name} does nothing without {NEEDS[name][0]}"):
                refuse_idle(Path("a.jpg"), **asked)


def test_two_cameras_at_once_are_refused() -> None:
    refuse_idle(Path("a.dng"), **NOTHING)
    for one, other in (("--ldr", "--bracket"), ("--ldr", "--burst"), ("--bracket", "--burst")):
        with pytest.raises(UsageError, match="three different cameras; choose one"):
            refuse_idle(Path("a.png"), **NOTHING | MODES[one] | MODES[other])


def test_a_png_has_no_quality() -> None:
    asked = NOTHING | {"ldr": True, "quality": 80}

    refuse_idle(Path("a.JPG"), **asked)
    with pytest.raises(UsageError, match="a PNG, which loses nothing"):
        refuse_idle(Path("a.PNG"), **asked)


def test_numbers_reach_the_view_as_they_are() -> None:
    found = view(size="36x24", fov=40.0, focal_length=math.pi)

    assert (found.fov_deg, found.focal_length_mm) == (40.0, math.pi)


def test_a_pan_and_a_flicker_are_numbers() -> None:
    moving = shutter("0,-2.5", "100,0.4", single=True)

    assert moving.pan_px_s == (0.0, -2.5)
    assert moving.flicker is not None
    assert (moving.flicker.frequency_hz, moving.flicker.depth) == (100.0, 0.4)
    assert shutter(None, "120", single=True).flicker.depth == 1.0  # type: ignore[union-attr]
    assert shutter(None, None, single=False) == shutter(None, None, single=True)


@pytest.mark.parametrize(
    ("pan", "flicker", "words"),
    [
        ("1", None, "DOWN,RIGHT"), ("a,b", None, "DOWN,RIGHT"), (None, "x", "HZ or HZ,DEPTH"),
        (None, "1,2,3", "HZ or HZ,DEPTH"), (None, "100,2", "depth is in 0..1"),
        (None, "-5", "positive frequency"),
    ],
)  # fmt: skip
def test_a_motion_that_cannot_be_read_is_refused(
    pan: str | None, flicker: str | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        shutter(pan, flicker, single=True)


def test_a_series_takes_no_pan_and_no_flicker() -> None:
    for pan, flicker in (("0,1", None), (None, "100")):
        with pytest.raises(UsageError, match="of one raw"):
            shutter(pan, flicker, single=False)
