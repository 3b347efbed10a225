"""A pair's pixels are the electrons and the light that were simulated, in every phase."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.train.packed_pair import PackedCapture, load_pair, red_site
from apps.train.raw_pair import RawPair
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng import write_dng
from tests.apps.train.folders import (
    BLACKS,
    GAIN,
    READ_NOISE_E,
    WHITE,
    Scene,
    camera,
    planes,
    write_scene,
)
from tests.strategies import BAYER_PHASES

RATIO = 100.5
RED = {Cfa.RGGB: (0, 0), Cfa.GRBG: (0, 1), Cfa.GBRG: (1, 0), Cfa.BGGR: (1, 1)}


def pair_of(scene: Scene, iso: float | None = 800.0) -> RawPair:
    return RawPair(
        short=scene.short, long=scene.long, camera="pair camera", scene="1", iso=iso,
        short_s=0.02, long_s=0.02 * RATIO, ratio=RATIO, factor=100,
    )  # fmt: skip


def written(folder: Path, cfa: Cfa = Cfa.RGGB, **asked: tuple[float, ...]) -> Scene:
    return write_scene(
        folder / "s.dng", folder / "l.dng", ratio=RATIO, seconds=0.02, cfa=cfa, **asked
    )


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda c: c.name)
def test_electrons_and_clean_light_are_those_simulated(cfa: Cfa, tmp_path: Path) -> None:
    scene = written(tmp_path, cfa)
    top, left = RED[cfa]

    pair = load_pair(pair_of(scene), camera(cfa))

    # Cells begin at red: of odd offsets the sites' blacks and spans are permuted with them.
    blacks = np.roll(np.array(BLACKS).reshape(2, 2), (-top, -left), (0, 1)).ravel()
    span = torch.from_numpy(WHITE - blacks).float().reshape(1, 4, 1, 1)
    assert red_site(cfa) == (top, left)
    assert torch.equal(pair.capture.captured().electrons, planes(scene.electrons, top, left))
    torch.testing.assert_close(pair.clean, planes(scene.long_dn, top, left) / span)
    torch.testing.assert_close(pair.capture.span_dn, span)


def test_negatives_around_black_are_kept(tmp_path: Path) -> None:
    scene = written(tmp_path)

    capture = load_pair(pair_of(scene)).capture

    assert float(capture.light_dn.min()) == GAIN * scene.electrons.min() < 0
    assert float(capture.amplified.min()) < 0


def test_the_state_agrees_with_the_amplified_capture_and_the_profiles_noise(tmp_path: Path) -> None:
    capture = load_pair(pair_of(written(tmp_path)), camera()).capture

    state = capture.captured()

    torch.testing.assert_close(state.amplified(state.electrons, 1.0), capture.amplified)
    # sigma^2 + (1/12 DN^2) / K^2, by hand; f32 coefficients.
    assert float(state.dark_variance_e2) == pytest.approx(READ_NOISE_E**2 + 1 / 12 / GAIN**2, 1e-5)
    assert state.white_e.flatten().tolist() == pytest.approx(
        [(WHITE - black) / (RATIO * GAIN) for black in BLACKS], rel=1e-6
    )


def test_a_files_own_noise_profile_serves_where_no_camera_is_given(tmp_path: Path) -> None:
    scene = written(tmp_path)

    state = load_pair(pair_of(scene)).capture.captured()

    torch.testing.assert_close(state.electrons, planes(scene.electrons), rtol=1e-5, atol=0)


def test_each_file_has_its_own_black_and_light_is_in_units_of_the_references_white(
    tmp_path: Path,
) -> None:
    scene = written(tmp_path, short_blacks=(600.0, 608.0, 604.0, 612.0))

    pair = load_pair(pair_of(scene), camera())

    assert torch.equal(pair.capture.light_dn, planes(GAIN * scene.electrons))
    reference = torch.tensor([WHITE - black for black in BLACKS]).reshape(1, 4, 1, 1)
    torch.testing.assert_close(pair.capture.span_dn, reference)


def test_the_amplified_capture_is_as_bright_as_its_reference(tmp_path: Path) -> None:
    scene = written(tmp_path)
    pair = load_pair(pair_of(scene), camera())

    error = (pair.capture.amplified - pair.clean).double()
    # Rounded read noise brings sigma^2 + 1/12, photons long_dn / K / r, in electrons of 1.0 = E.
    variance = scene.long_dn / GAIN / RATIO + READ_NOISE_E**2 + 1 / 12
    deviation = np.sqrt(variance.sum()) / scene.long_dn.size
    white_e = (WHITE - max(BLACKS)) / (RATIO * GAIN)
    assert abs(float(error.mean())) < 5 * deviation / white_e


def test_saturated_light_of_the_reference_is_not_measured(tmp_path: Path) -> None:
    scene = written(tmp_path)
    dn = torch.full((1, 1, 48, 60), 1000.0)
    dn[..., 10, 20] = WHITE
    shot = Shot.single(iso=800.0, exposure_time_s=2.0)
    frame = Frame.start(dn, Domain.RAW, shot=shot, profile=camera())
    write_dng(scene.long, frame, force=True)

    pair = load_pair(pair_of(scene), camera())

    lost = (~pair.clean_measured).nonzero().tolist()
    assert lost == [[0, 0, 5, 10]]
    assert float(pair.clean[0, 0, 5, 10]) == 1.0


def test_the_centre_is_cut_alike_from_capture_and_reference(tmp_path: Path) -> None:
    pair = load_pair(pair_of(written(tmp_path)))  # 24 x 30 packed

    centre = pair.centre(16)

    assert torch.equal(centre.clean, pair.clean[..., 4:20, 7:23])
    assert torch.equal(centre.capture.amplified, pair.capture.amplified[..., 4:20, 7:23])
    with pytest.raises(FrameError, match="32 x 32 packed pixels, but the picture has 24 x 30"):
        pair.centre(32)


def test_what_a_denoiser_sees_holds_nothing_of_the_reference() -> None:
    names = {field.name for field in fields(PackedCapture)}

    assert names == {"light_dn", "measured", "span_dn", "ratio", "profile", "iso"}


def test_a_capture_of_an_unknown_camera_gives_no_electrons(tmp_path: Path) -> None:
    capture = load_pair(pair_of(written(tmp_path))).capture

    with pytest.raises(FrameError, match="profile and the ISO"):
        replace(capture, profile=None).captured()


def test_files_that_do_not_fit_and_other_patterns_are_refused(tmp_path: Path) -> None:
    scene, other = written(tmp_path), written(tmp_path / "other", Cfa.BGGR)

    mixed = replace(scene, long=other.long)
    with pytest.raises(FileError, match=r"60 x 48 of RGGB, but l.dng has 60 x 48 of BGGR"):
        load_pair(pair_of(mixed))
    grey = camera().with_fields(cfa=Cfa.MONO, black_level_dn=(500.0,))
    frame = Frame.start(torch.full((1, 1, 48, 60), 900.0), Domain.RAW, profile=grey)
    write_dng(scene.short, frame, force=True)
    with pytest.raises(FileError, match="packed from Bayer mosaics, and this is MONO"):
        load_pair(pair_of(scene))


def test_the_lists_iso_fills_in_what_the_file_does_not_say(tmp_path: Path) -> None:
    scene = written(tmp_path)
    dn = torch.full((1, 1, 48, 60), 700.0)
    frame = Frame.start(dn, Domain.RAW, profile=camera(), shot=Shot.single(exposure_time_s=0.02))
    write_dng(scene.short, frame, force=True)

    capture = load_pair(pair_of(scene), camera()).capture

    assert capture.iso is not None
    assert capture.iso.tolist() == [800.0]
    assert float(capture.captured().electrons[0, 0, 0, 0]) == 100.0  # (700 - 500) / 2
