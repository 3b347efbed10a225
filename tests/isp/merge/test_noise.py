"""The variance that a merge expects is the one that a sensor has."""

import pytest
import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.response import Response
from isp.core.shot import Shot
from isp.merge.noise import picture_noise, sensor_noise
from simulate.budget import noise_budget
from tests.isp.merge.samples import CAMERA, GAIN, SHOT, expected, flat, taken

BUSY = CAMERA.with_fields(
    readings=(
        Reading(
            iso=100.0, system_gain_dn_per_e=GAIN, read_noise_e=3.0, row_noise_e=1.0,
            column_noise_e=0.5, banding_amplitude_e=2.0,
        ),
    ),
    rts_fraction=0.1, rts_amplitude_e=8.0, rts_occupancy=0.3, dsnu_e=1.5, row_fpn_e=0.5,
)  # fmt: skip


def frame(profile: object = CAMERA) -> Frame:
    return expected(flat(1.0, 4), profile, SHOT)  # type: ignore[arg-type]


def test_shot_read_and_rounding_add_up() -> None:
    noise = sensor_noise(frame())

    told = noise.variance(torch.tensor([100.0, 0.0, -5.0]).reshape(1, 1, 1, 3))

    # 100 + 3^2 + 1 / (12 0.25^2); light below none has no shot noise.
    wanted = [100 + 9 + 16 / 12, 9 + 16 / 12, 9 + 16 / 12]
    assert told.flatten().tolist() == pytest.approx(wanted)


def test_all_temporal_terms_are_those_of_the_budget() -> None:
    noise = sensor_noise(frame(BUSY))
    budget = noise_budget(BUSY, 100, [0.0, 50.0, 4000.0])

    told = noise.variance(torch.tensor([0.0, 50.0, 4000.0]).reshape(1, 1, 1, 3))

    assert told.flatten().tolist() == pytest.approx(budget.temporal_e2.tolist(), rel=1e-6)
    assert float(noise.offset) == pytest.approx(1.5**2 + 0.5**2)


def test_behind_a_table_the_step_is_that_of_the_codes_there() -> None:
    table = (0, 1, 2, 3, 4, 8, 16, 32, 64, 164, 264, 464, 4095)
    companding = CAMERA.with_fields(linearization_table_dn=table)
    levels = [100.0, 600.0, 1200.0]  # DN 89, 214, 364: steps of 100, 100 and 200 DN

    told = sensor_noise(frame(companding)).variance(torch.tensor(levels).reshape(1, 1, 1, 3))

    budget = noise_budget(companding, 100, levels).temporal_e2.tolist()
    assert told.flatten().tolist() == pytest.approx(budget)
    assert budget[0] == pytest.approx(109 + 400**2 / 12)


def test_a_mean_over_a_square_has_the_variance_that_line_noise_leaves_it() -> None:
    lined = CAMERA.with_fields(
        readings=(Reading(iso=100.0, system_gain_dn_per_e=GAIN, read_noise_e=3.0, row_noise_e=4.0),)
    )
    side, light = 5, 50.0
    [mosaic] = taken(flat(light, 400), (0,), profile=lined)
    signal = mosaic.data.double() * float((3814 - 64) / GAIN)
    squares = torch.nn.functional.avg_pool2d(signal, side, stride=side).flatten()

    told = sensor_noise(mosaic).within(torch.full((1, 1, 1, 1), light), side)

    # 80 rows of squares share their rows' noise: the variance is known as from 80 to 6400 samples.
    wanted = float(told) / side**2
    pixel = (light + 9 + 16 / 12) / 25
    error = 5 * ((2 / 6400) ** 0.5 * pixel + (2 / 80) ** 0.5 * 16 / 5)
    assert wanted == pytest.approx(pixel + 16 / 5)
    assert abs(float(squares.var()) - wanted) < error


def test_each_image_of_a_batch_has_its_own_noise() -> None:
    two = CAMERA.with_fields(
        readings=(
            Reading(iso=100.0, system_gain_dn_per_e=0.25, read_noise_e=3.0),
            Reading(iso=200.0, system_gain_dn_per_e=0.5, read_noise_e=2.0),
        )
    )
    shot = Shot(iso=torch.tensor([100.0, 200.0]))
    both = Frame.start(torch.zeros(2, 1, 4, 4), Domain.MOSAIC, shot=shot, profile=two)

    noise = sensor_noise(both)
    dark = noise.variance(torch.zeros(2, 1, 1, 1)).flatten().tolist()

    assert dark == pytest.approx([9 + 16 / 12, 4 + 4 / 12])
    assert float(noise.image(1).variance(torch.zeros(1, 1, 1, 1))) == pytest.approx(dark[1])


def test_a_pictures_code_leaves_its_own_stretch_of_light_open() -> None:
    picture = Frame.start(torch.zeros(1, 3, 1, 1), Domain.LINEAR)
    noise = picture_noise(picture, Response.power(2.0), white_e=1e30)
    code = 128 / 255

    told = noise.variance(torch.full((1, 3, 1, 1), code**2))

    low, high = ((128 - 0.5) / 255) ** 2, ((128 + 0.5) / 255) ** 2
    assert told.flatten().tolist() == pytest.approx([(high - low) ** 2 / 12] * 3, rel=1e-5)


def test_neighbours_of_a_picture_are_rounded_alike_so_a_mean_gains_nothing() -> None:
    picture = Frame.start(torch.zeros(1, 3, 1, 1), Domain.LINEAR)
    noise = picture_noise(picture, Response.linear(), white_e=1e4, code_error=1.0)

    told = noise.within(torch.full((1, 3, 1, 1), 0.5), side=5)[0, 0, 0, 0]

    assert float(told) == pytest.approx(0.5 / 1e4 + 25 * (1 + 1 / 12) / 255**2, rel=1e-5)


def test_a_picture_is_trusted_by_its_least_certain_channel() -> None:
    picture = Frame.start(torch.zeros(1, 3, 1, 1), Domain.LINEAR)
    noise = picture_noise(picture, Response.linear())
    codes = torch.tensor([[127, 127, 127], [51, 102, 127], [127, 204, 127], [255, 9, 9]]) / 255

    told = noise.trust(codes.T.reshape(1, 3, 1, 4))

    # Debevec and Malik's hat, over its top: 2 v below the middle, 2 (1 - v) above it.
    wanted = [2 * 127 / 255, 2 * 51 / 255, 2 * 51 / 255, 1e-3]
    assert told.flatten().tolist() == pytest.approx(wanted)


def test_the_last_code_stands_for_no_less_light_than_its_neighbour() -> None:
    picture = Frame.start(torch.zeros(1, 3, 1, 1), Domain.LINEAR)
    noise = picture_noise(picture, Response.linear(), white_e=1e30)

    told = noise.variance(torch.tensor([0.5, 1.0, 7.0]).reshape(1, 1, 1, 3).expand(1, 3, 1, 3))

    assert told[0, 0, 0].tolist() == pytest.approx([1 / 255**2 / 12] * 3, rel=1e-5)
