"""The numbers for the kernels are those that the stages take, and the notes theirs."""

import numpy as np
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.fused.curves import FILMIC, OPEN, REINHARD, SRGB
from isp.fused.shot_numbers import ShotNumbers, numbers_of, one_pixel
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.white_balance import WhiteBalance
from tests.isp.fused.frames import BLACK_DN, frame_of, srgb


def run(cfa: Cfa, tone: str = "none", ev: float = 0.0) -> tuple[ShotNumbers, Frame, Frame]:
    pipeline, frame = srgb(cfa, tone, ev=ev), frame_of(cfa, defects=((1, 1), (1, 1), (90, 0)))
    stages = tuple(stage for _, stage in pipeline.stages)
    return *numbers_of(stages, cfa, frame), frame


def test_each_site_has_its_black_and_the_gain_of_its_colour() -> None:
    numbers, _, frame = run(Cfa.GBRG)

    assert numbers.black.tolist() == [list(BLACK_DN)] * 2
    red, green, blue = frame.shot.need("white_balance").double().numpy().T
    assert numbers.gains.T.tolist() == np.array([green, blue, red, green]).tolist()
    np.testing.assert_allclose(numbers.scale[:, 0], green / (4000 - 60))


def test_near_clipped_photosites_are_cut_to_the_lowest_gain() -> None:
    numbers, _, frame = run(Cfa.RGGB)

    assert numbers.level is not None
    assert numbers.level.tolist() == frame.shot.need("white_balance").amin(dim=1).tolist()


def test_exposure_is_part_of_the_matrix_and_so_is_the_display() -> None:
    plain, *_ = run(Cfa.RGGB)
    brighter, *_ = run(Cfa.RGGB, ev=1.0)

    np.testing.assert_allclose(brighter.matrix, 2 * plain.matrix)
    np.testing.assert_allclose(plain.last_matrix, plain.to_display @ plain.matrix)
    # A neutral patch stays neutral: the rows of the whole matrix sum to 1, times what the shots'
    # files ask for, 0.3 and -0.2 EV.
    bright = np.exp2([[0.3], [-0.2]]) * np.ones((2, 3))
    np.testing.assert_allclose(plain.last_matrix.sum(axis=2), bright, atol=1e-6)
    assert plain.curve == SRGB


def test_a_curve_on_each_channel_stands_between_two_matrices() -> None:
    numbers, *_ = run(Cfa.RGGB, "filmic")

    assert numbers.tone == FILMIC
    assert numbers.last_matrix is numbers.to_display
    # Hable's constants as printed, with the products that the curve takes.
    printed = [0.15, 0.10 * 0.50, 0.20 * 0.02, 0.50, 0.20 * 0.30, 0.02 / 0.30, 2.0]
    np.testing.assert_allclose(numbers.tone_numbers()[1, :-1], printed)


def test_luminance_is_weighed_in_camera_rgb() -> None:
    numbers, *_ = run(Cfa.RGGB, "reinhard2002", ev=2.0)
    camera = np.array([0.3, 0.5, 0.2])

    *weights, per_white_squared = numbers.tone_numbers()[1]

    assert numbers.tone == REINHARD
    luminance = numbers.luminance[1] @ (numbers.matrix[1] @ camera)
    np.testing.assert_allclose(np.array(weights) @ camera, luminance)
    assert per_white_squared == 1 / 16


def test_stages_that_are_not_in_the_run_leave_neutral_numbers() -> None:
    cfa = Cfa.RGGB
    stages = (BlackLevel(cfa), WhiteBalance(cfa, (2.0, 2.0, 4.0)), ColourMatrix(), Exposure(1.0))

    numbers, companion = numbers_of(stages[:2], cfa, frame_of(cfa))

    assert numbers.gains.tolist() == [[1.0, 1.0, 1.0, 2.0]] * 2
    assert numbers.level is None
    assert numbers.matrix.tolist() == [np.eye(3).tolist()] * 2
    assert numbers.curve == OPEN
    assert len(numbers.defects.rows) == 0
    assert companion.domain is Domain.MOSAIC


def test_the_companion_notes_what_the_stages_note_of_the_whole_frame() -> None:
    _, companion, frame = run(Cfa.RGGB)

    stages = srgb(Cfa.RGGB).develop(frame)
    assert companion.history == stages.history
    assert dict(companion.history)["defects"] == {"corrected": 1}
    assert companion.domain is Domain.SDR


def test_one_pixel_is_measured_and_has_what_the_frame_has() -> None:
    frame = frame_of(Cfa.RGGB)

    pixel = one_pixel(frame, Domain.CAMERA)

    assert pixel.data.shape == (2, 3, 1, 1)
    assert pixel.measured.shape == (2, 3, 1, 1)
    assert bool(pixel.measured.all())
    assert pixel.shot is frame.shot
    assert pixel.history == frame.history


def test_highlights_alone_take_the_frame_s_balance() -> None:
    numbers, _ = numbers_of((Highlights(Cfa.RGGB),), Cfa.RGGB, mosaic())

    assert numbers.level is not None
    assert torch.equal(
        torch.from_numpy(numbers.level).float(), mosaic().shot.need("white_balance").amin(dim=1)
    )


def mosaic() -> Frame:
    return BlackLevel(Cfa.RGGB).develop(frame_of(Cfa.RGGB))
