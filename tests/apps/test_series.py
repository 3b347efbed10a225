"""Brackets and bursts on disk: each frame with photons and a truth of its own, all or none."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps import series as series_module
from apps.light import Seen
from apps.series import Series, numbered, photograph_series, truth_name
from apps.simulating import SimulationRequest
from isp.core.errors import FrameError, OutputError, UsageError
from isp.files.profile import load_profile
from isp.files.raw_tiff import read_raw_tiff
from simulate.optics import Lens
from tests.apps.samples import BLACK_DN, D850_ISO400_DN_PER_E, dn_of, left_in, read_exr

SIZE = (32, 48)
ALIKE = {"prnu_percent": 0.0}
PIXELS = SIZE[0] * SIZE[1]


def request(scene: str = "scene:flat?luminance=5", **changes: Any) -> SimulationRequest:
    asked: dict[str, Any] = {
        "scene": scene, "camera": "NikonD850", "iso": 400.0, "exposure_time_s": 1 / 25,
        "f_number": 2.8, "seed": 11, "seen": Seen(size=SIZE), "changes": ALIKE,
    }  # fmt: skip
    return SimulationRequest(**asked | changes)


def truths(folder: Path, count: int) -> list[dict[str, Any]]:
    return [read_exr(folder / f"a_{i}.truth.exr") for i in range(count)]


def test_a_brackets_exposures_really_are_its_stops(tmp_path: Path) -> None:
    facts = photograph_series(request(), Series(evs=(-2, 0, 1.5)), tmp_path / "a.dng")

    low, middle, high = (t["expected.Y"].astype(np.float64) for t in truths(tmp_path, 3))
    np.testing.assert_allclose(low, middle / 4, rtol=2**-22)
    np.testing.assert_allclose(high, middle * 2**1.5, rtol=2**-22)
    for ev, told, mean in zip((-2, 0, 1.5), facts, (low, middle, high), strict=True):
        assert told["exposure_time_s"] == pytest.approx(2**ev / 25, rel=1e-6)
        assert told["true_exposure_time_s"] == told["exposure_time_s"]
        # The DN are those of the electrons: shot noise of the mean, and at most 20 % more variance.
        dn = dn_of(tmp_path / told["file"]).astype(float) - BLACK_DN
        off = dn.mean() - mean.mean() * D850_ISO400_DN_PER_E
        spread = math.sqrt(1.2 * mean.mean()) * D850_ISO400_DN_PER_E
        assert abs(off) < 5 * spread / math.sqrt(PIXELS) + 0.01
    names = [f"a_{i}.{kind}" for i in range(3) for kind in ("dng", "json", "truth.exr")]
    assert left_in(tmp_path) == sorted(names)
    assert [f["truth"] for f in facts] == [f"a_{i}.truth.exr" for i in range(3)]
    json.dumps(facts, allow_nan=False)


def test_jitter_moves_the_true_exposure_and_not_the_nominal(tmp_path: Path) -> None:
    facts = photograph_series(
        request(), Series(evs=(0, 0, 0), jitter_percent=10), tmp_path / "a.dng"
    )

    factors = [f["true_exposure_time_s"] * 25 for f in facts]
    assert [f["exposure_time_s"] for f in facts] == pytest.approx([1 / 25] * 3, rel=1e-6)
    assert len({round(factor, 4) for factor in factors}) == 3
    assert all(0.6 < factor < 1.7 for factor in factors)  # 5 standard deviations of its logarithm
    found = truths(tmp_path, 3)
    for factor, other in zip(factors[1:], found[1:], strict=True):
        ratio = other["expected.Y"].astype(float) / found[0]["expected.Y"]
        np.testing.assert_allclose(ratio, factor / factors[0], rtol=1e-6)


def test_the_truths_mean_is_what_the_noise_is_drawn_from(tmp_path: Path) -> None:
    """Collected electrons are Poisson of the expected ones, where nothing else is in between."""
    photograph_series(request(), Series(frames=4), tmp_path / "a.dng")

    found = truths(tmp_path, 4)
    mean = np.stack([t["expected.Y"] for t in found]).astype(np.float64)
    count = np.stack([t["collected.Y"] for t in found]).astype(np.float64)
    assert np.array_equal(count, np.rint(count))
    assert np.array_equal(mean[0], mean[3])
    assert not np.array_equal(count[0], count[3])
    z = (count.sum() - mean.sum()) / math.sqrt(mean.sum())
    assert abs(z) < 4.5
    # Pearson's statistic has mean n and, for large means, variance 2 n.
    pearson = ((count - mean) ** 2 / mean).sum()
    assert abs(pearson - mean.size) < 4.5 * math.sqrt(2 * mean.size)


def test_a_raw_is_made_of_the_electrons_beside_it(tmp_path: Path) -> None:
    """What a DN has over gain x collected electrons is read noise, row noise and rounding."""
    photograph_series(request(), Series(frames=2), tmp_path / "a.dng")

    noise = next(r for r in load_profile("NikonD850").readings if r.iso == 400)
    read = math.hypot(noise.read_noise_e, noise.row_noise_e) * D850_ISO400_DN_PER_E
    read = math.hypot(read, math.sqrt(1 / 12))
    for i, truth in enumerate(truths(tmp_path, 2)):
        rest = (
            dn_of(tmp_path / f"a_{i}.dng") - BLACK_DN - truth["collected.Y"] * D850_ISO400_DN_PER_E
        )
        assert float(rest.std()) < 1.5 * read
        other = truths(tmp_path, 2)[1 - i]["collected.Y"] * D850_ISO400_DN_PER_E
        assert float((dn_of(tmp_path / f"a_{i}.dng") - BLACK_DN - other).std()) > 5 * read


def test_the_first_frame_of_a_burst_is_a_burst_of_one(tmp_path: Path) -> None:
    for name, frames in (("one", 1), ("three", 3)):
        (tmp_path / name).mkdir()
        photograph_series(request(), Series(frames=frames, shake_px=2), tmp_path / name / "a.dng")

    assert np.array_equal(
        dn_of(tmp_path / "one" / "a_0.dng"), dn_of(tmp_path / "three" / "a_0.dng")
    )


def test_a_hand_moves_the_scene_and_not_the_lens(tmp_path: Path) -> None:
    """An even wall through a vignetting lens looks the same from any pose."""
    lens = Lens(vignetting=(-0.5,))
    shaky = Series(frames=3, shake_px=3, shake_deg=5)

    facts = photograph_series(
        request("scene:flat", seen=Seen(size=SIZE, lens=lens)), shaky, tmp_path / "a.dng"
    )

    first, *others = (t["expected.Y"] for t in truths(tmp_path, 3))
    assert first[0, 0] < 0.6 * first[16, 24]
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-6)
    assert facts[0]["pose_down_right_px_degrees"] == [0, 0, 0]
    assert all(abs(v) > 1e-3 for v in facts[2]["pose_down_right_px_degrees"])


def test_a_pose_is_told_in_photosites(tmp_path: Path) -> None:
    """A grating's phase shifts by 2 pi f for each photosite that the picture moves right."""
    asked = request(
        "scene:sine-grating?frequency=0.0625&modulation=0.5&luminance=50", camera="EMVA-CCD",
        iso=100.0, exposure_time_s=1 / 500, seen=Seen(size=(32, 96)), changes={},
    )  # fmt: skip

    facts = photograph_series(asked, Series(frames=4, shake_px=1.5), tmp_path / "a.dng")

    inner = np.arange(24, 72)  # three cycles, far from the mirrored border
    wave = np.exp(-2j * np.pi * 0.0625 * inner)
    phases = [np.angle((t["expected.Y"][16, 24:72] * wave).sum()) for t in truths(tmp_path, 4)]
    for told, phase in zip(facts, phases, strict=True):
        right = told["pose_down_right_px_degrees"][1]
        # Linear between pixels a quarter of a photosite apart: phase errors are far below 1e-3.
        assert phases[0] - phase == pytest.approx(2 * np.pi * 0.0625 * right, abs=1e-3)
    assert max(abs(f["pose_down_right_px_degrees"][1]) for f in facts) > 0.5


def test_any_pattern_is_saved_as_tiff_with_the_frames_numbers(tmp_path: Path) -> None:
    photograph_series(request(), Series(frames=2), tmp_path / "a.tif", truth=False)

    assert left_in(tmp_path) == ["a_0.json", "a_0.tif", "a_1.json", "a_1.tif"]
    second = read_raw_tiff(tmp_path / "a_1.tif")
    assert second.shot.frame_number.tolist() == [1]
    assert dict(second.history)["burst"]["frame"] == 1


@pytest.mark.parametrize("taken", ["a_1.dng", "a_1.json", "a_1.truth.exr"])
def test_an_existing_output_is_refused_before_any_work(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    steps: list[str] = []

    with pytest.raises(OutputError, match=taken):
        photograph_series(
            request("none.exr"), Series(frames=2), tmp_path / "a.dng", advance=steps.append
        )

    assert steps == []
    assert left_in(tmp_path) == [taken]


def test_a_frame_that_fails_takes_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old files are kept even when they were to be replaced, and the error names the frame."""
    photograph_series(request(), Series(frames=2), tmp_path / "a.dng")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write = series_module.write

    def fails_at_the_second(path: Path, frame: Any) -> int:
        if path.name == "a_1.dng":
            raise FrameError(f"{path}: no room")
        return write(path, frame)

    monkeypatch.setattr(series_module, "write", fails_at_the_second)
    with pytest.raises(FrameError) as caught:
        photograph_series(request(seed=5), Series(frames=2), tmp_path / "a.dng", force=True)

    assert str(caught.value) == f"{tmp_path / 'a_1.dng'}: no room"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"evs": (0.0, 31.0)}, "within 30 of 0, but 0, 31 came"),
        ({"evs": (float("nan"),)}, "within 30 of 0"),
        ({"frames": 0}, "at least 1 frame, but 0 came"),
        ({"jitter_percent": -1.0}, "0 to 100 percent, but -1 came"),
        ({"jitter_percent": float("inf")}, "0 to 100 percent"),
        ({"shake_px": float("inf")}, "shake_px is 0 or more, and finite"),
        ({"shake_deg": -0.5}, "shake_deg is 0 or more, and finite, but -0.5 came"),
    ],
)
def test_a_number_that_no_series_has_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        Series(**values)
    assert reason in str(caught.value)


def test_a_series_without_noise_or_of_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"noise-free electrons are in OUT_0\.truth\.exr"):
        photograph_series(request(noise=False), Series(frames=2), tmp_path / "a.dng")
    with pytest.raises(UsageError, match=r"a_0\.png: a simulated raw is written as"):
        photograph_series(request(), Series(frames=2), tmp_path / "a.png")
    assert left_in(tmp_path) == []


def test_names_keep_the_folder_and_the_suffix() -> None:
    assert numbered(Path("x/a.b.tif"), 10) == Path("x/a.b_10.tif")
    assert truth_name(Path("x/a.png")) == Path("x/a.truth.exr")
