"""A slanted edge through the simulated camera gives back its lens and its pixels."""

import math
from functools import cache

import numpy as np
import pytest
import torch

from calibration.sfr import FREQUENCIES, EdgeResponse, frame_sfr
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.shot import Shot
from simulate.camera_view import view
from simulate.exposure import rgb_to_relative_electrons
from simulate.optics import RGB_NM, Lens
from simulate.scenes.slanted_edge import slanted_edge
from simulate.sensor import Sensor
from tests.calibration.drawn_edge import (
    Reals,
    airy_mtf,
    aperture_mtf,
    gaussian_mtf,
    noise_on_response,
)
from tests.statistics import z_threshold

SAMPLE_UM = 0.5  # of the scene's image: 4, 8 and 12 scene pixels a photosite
IMAGE_UM = (720.0, 480.0)  # height and width
ANGLE_DEG = 5.0
GAUSSIAN_UM = 1.2
F_NUMBER = 5.6
LIGHT_E = 1e6  # on the light side: a thousandth of it is shot noise
CONTRAST = 4.0
TO_NYQUIST = FREQUENCIES <= 0.5
WITHIN = 0.02  # of full contrast: what the simulator promises

GAUSSIAN = Lens(gaussian_psf_um=GAUSSIAN_UM)
AIRY = Lens(diffraction=True)


def profile(cfa: Cfa, pitch_um: float) -> SensorProfile:
    """A sensor with a deep well whose only noise is the photons' and a little of reading."""
    return SensorProfile(
        name="bench",
        cfa=cfa,
        bit_depth=16,
        black_level_dn=(1000.0,) * (cfa.period[0] * cfa.period[1]),
        white_level_dn=65535.0,
        readings=(Reading(iso=100.0, system_gain_dn_per_e=0.05, read_noise_e=3.0),),
        quantum_efficiency=0.5,
        pixel_pitch_um=pitch_um,
        colour_matrices=(
            # DNG's for a common camera under D65; any invertible one would do.
            ColourMatrixEntry(
                illuminant="D65",
                xyz_to_camera=((0.9, -0.3, -0.1), (-0.5, 1.3, 0.2), (-0.1, 0.2, 0.7)),
            ),
        ),
    )


@cache
def scene() -> Frame:
    """An edge of exact area coverage: its pixels are the mean light over their squares."""
    rows, columns = (round(side / SAMPLE_UM) for side in IMAGE_UM)
    light = torch.as_tensor(slanted_edge(rows, columns, angle=ANGLE_DEG, contrast=CONTRAST))
    return Frame.start(light.permute(2, 0, 1)[None], Domain.SCENE, colour=Colour())


def turned(frame: Frame) -> Frame:
    return Frame.start(frame.data.transpose(2, 3), Domain.SCENE, colour=Colour())


@cache
def seen(lens: Lens, pitch_um: float, lies: bool = False) -> Frame:
    rows, columns = (round(side / pitch_um) for side in IMAGE_UM)
    whole = turned(scene()) if lies else scene()
    size = (columns, rows) if lies else (rows, columns)
    return view(whole, pitch_um=pitch_um, lens=lens, size=size, f_number=F_NUMBER)


def exposed(lens: Lens, cfa: Cfa, pitch_um: float, lies: bool = False) -> tuple[Sensor, Frame]:
    """The sensor and the electrons it expects; time makes up for the area of its photosites."""
    sensor = Sensor(profile(cfa, pitch_um))

    def at(time_s: float) -> Frame:
        shot = Shot.single(iso=100, exposure_time_s=time_s, f_number=F_NUMBER)
        return sensor.expose(seen(lens, pitch_um, lies), shot)

    green = cfa.colour_map(*at(1.0).size) == cfa.channels.index(channel_of(cfa))
    brightest = float(at(1.0).data[..., green].max())
    return sensor, at(LIGHT_E / brightest)


def channel_of(cfa: Cfa) -> str:
    return "Y" if cfa == Cfa.MONO else "G"


def theory(lens: Lens, cfa: Cfa, pitch_um: float) -> Reals:
    """Lens x square photosite, at the edge's angle; an Airy pattern for each colour's share."""
    cycles_per_um = FREQUENCIES / pitch_um
    pixel = aperture_mtf(FREQUENCIES, ANGLE_DEG)
    if not lens.diffraction:
        return gaussian_mtf(cycles_per_um, GAUSSIAN_UM) * pixel
    matrix, _ = rgb_to_relative_electrons(profile(cfa, pitch_um), Colour(), "D65")
    shares = np.asarray(matrix)[cfa.channels.index(channel_of(cfa))]
    cutoffs = [1e3 / (nm * F_NUMBER) for nm in RGB_NM]  # cycles per um
    patterns = [airy_mtf(cycles_per_um, cutoff) for cutoff in cutoffs]
    return sum(k * p for k, p in zip(shares, patterns, strict=True)) / shares.sum() * pixel


def difference(found: EdgeResponse, wanted: Reals) -> float:
    return float(np.abs(found.sfr - wanted)[TO_NYQUIST].max())


@pytest.mark.parametrize("lens", [GAUSSIAN, AIRY], ids=["gaussian", "airy"])
@pytest.mark.parametrize("cfa", [Cfa.MONO, Cfa.RGGB], ids=lambda c: c.name)
@pytest.mark.parametrize("pitch_um", [2.0, 4.0, 6.0])
def test_expected_electrons_have_the_response_of_lens_and_photosite(
    lens: Lens, cfa: Cfa, pitch_um: float
) -> None:
    """Without noise within a quarter of what is promised.

    An Airy pattern's line spread falls as lambda N / (pi x)^2: 0.4 % of it is more than 3/8 of
    the image's width, where the window is half open, away from the edge.
    """
    _, expected = exposed(lens, cfa, pitch_um)

    found = frame_sfr(expected, channel_of(cfa))

    assert difference(found, theory(lens, cfa, pitch_um)) < WITHIN / 4
    assert found.edge_angle_deg == pytest.approx(ANGLE_DEG, abs=0.02)


@pytest.mark.parametrize("lens", [GAUSSIAN, AIRY], ids=["gaussian", "airy"])
@pytest.mark.parametrize("cfa", [Cfa.MONO, Cfa.RGGB], ids=lambda c: c.name)
@pytest.mark.parametrize("pitch_um", [2.0, 4.0, 6.0])
def test_a_noisy_capture_has_the_response_of_lens_and_photosite(
    lens: Lens, cfa: Cfa, pitch_um: float
) -> None:
    sensor, expected = exposed(lens, cfa, pitch_um)

    captured = sensor.capture(expected, seed=7)

    found = frame_sfr(captured, channel_of(cfa))
    wanted = theory(lens, cfa, pitch_um)
    assert captured.domain is Domain.RAW
    assert difference(found, wanted) < WITHIN
    # And no further than photon noise explains: its mean over both sides, as share of the step.
    step = LIGHT_E * (1 - 1 / CONTRAST)
    noise = math.sqrt(0.5 * LIGHT_E * (1 + 1 / CONTRAST)) / step
    lines = IMAGE_UM[0] / pitch_um * (1.0 if cfa == Cfa.MONO else 0.5)
    s = noise_on_response(noise, IMAGE_UM[1] / 2 / pitch_um, ANGLE_DEG, lines)
    allowed = z_threshold(12 * int(TO_NYQUIST.sum())) * s + WITHIN / 4
    assert (np.abs(found.sfr - wanted) < allowed)[TO_NYQUIST].all()


def test_one_lens_is_found_behind_three_pitches() -> None:
    """Divided by their own apertures, three sensors agree on the lens in cycles per millimetre."""
    up_to = np.linspace(0, 83, 40)  # cycles/mm, to the coarsest sensor's Nyquist
    lens = []
    for pitch_um in (2.0, 4.0, 6.0):
        found = frame_sfr(exposed(GAUSSIAN, Cfa.MONO, pitch_um)[1], "Y")
        per_pixel = up_to * 1e-3 * pitch_um
        lens.append(found.at(per_pixel) / aperture_mtf(per_pixel, ANGLE_DEG))

    for curve in lens:
        assert np.abs(curve - gaussian_mtf(up_to * 1e-3, GAUSSIAN_UM)).max() < WITHIN / 4


def test_the_pitch_and_the_lens_are_told_apart() -> None:
    """The comparison would notice a photosite that is not integrated over, or a lens left out."""
    found = frame_sfr(exposed(GAUSSIAN, Cfa.MONO, 4.0)[1], "Y")

    assert difference(found, gaussian_mtf(FREQUENCIES / 4, GAUSSIAN_UM)) > 5 * WITHIN
    assert difference(found, aperture_mtf(FREQUENCIES, ANGLE_DEG)) > 5 * WITHIN


@pytest.mark.parametrize("lens", [GAUSSIAN, AIRY], ids=["gaussian", "airy"])
def test_lying_edges_give_what_upright_ones_give(lens: Lens) -> None:
    upright = frame_sfr(exposed(lens, Cfa.MONO, 4.0)[1], "Y")
    lying = frame_sfr(exposed(lens, Cfa.MONO, 4.0, lies=True)[1], "Y")

    assert not lying.is_near_vertical
    assert difference(lying, upright.sfr) < 1e-4
