"""What a frame of a bracket says, on the scale on which its noise is known."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.shot import Shot
from isp.merge.observation import observe
from tests.isp.merge.samples import CAMERA, LIMIT_E, WHITE_E, expected, flat, taken

ONE = torch.ones(1)


def test_a_mosaic_is_read_as_electrons() -> None:
    colours = CAMERA.with_fields(cfa=Cfa.RGGB, black_level_dn=(60.0, 64.0, 64.0, 72.0))
    mosaic = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=Shot.single(iso=100),
                         profile=colours)  # fmt: skip

    seen = observe(mosaic, ONE, None)

    # White is where the well is full: 60 + 0.25 x 15 000 = 3810 DN; each site has its own black.
    wanted = [(3810 - black) / 0.25 for black in (60, 64, 64, 72)]
    assert seen.signal.flatten().tolist() == pytest.approx(wanted)
    assert seen.period == (2, 2)


def test_the_limit_is_where_samples_begin_to_count_as_clipped() -> None:
    [mosaic] = taken(flat(LIMIT_E, 64), (0,))

    seen = observe(mosaic, ONE, None)

    assert bool(seen.measured.any())
    assert not bool(seen.measured.all())
    assert torch.equal(seen.measured, seen.signal < seen.limit - 1e-2)
    assert torch.equal(seen.saturated, ~seen.measured)
    assert seen.unit.unique().tolist() == pytest.approx([WHITE_E])


def test_what_the_floor_took_is_clipped_but_not_saturated() -> None:
    [mosaic] = taken(flat(1.0, 4), (0,))
    floored = replace(
        mosaic, measured=torch.zeros_like(mosaic.measured), clipped=torch.ones_like(mosaic.clipped)
    )

    assert not bool(observe(floored, ONE, None).saturated.any())


def test_a_picture_is_read_as_light_up_to_its_last_code_but_one() -> None:
    picture = Frame.start(torch.full((1, 3, 2, 2), 0.25), Domain.LINEAR)

    seen = observe(picture, 2 * ONE, Response.power(2.0))

    assert seen.signal.unique().tolist() == [0.25]
    assert seen.limit.flatten().tolist() == pytest.approx([(254.5 / 255) ** 2] * 3)
    assert float(seen.exposure) == 2


def test_an_image_of_a_batch_is_seen_alone() -> None:
    two = Frame.start(
        torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)]), Domain.MOSAIC,
        shot=Shot.single(iso=100.0), profile=CAMERA,
    )  # fmt: skip

    second = observe(two, torch.tensor([1.0, 2.0]), None).image(1)

    assert second.signal.shape == (1, 1, 4, 4)
    assert second.signal.unique().tolist() == pytest.approx([WHITE_E])
    assert float(second.exposure) == 2


@pytest.mark.parametrize("response", [None, Response.srgb()])
def test_a_frame_of_another_kind_is_refused(response: Response | None) -> None:
    with pytest.raises(DomainError, match="but this is EXPECTED with"):
        observe(expected(flat(1.0, 4)), ONE, response)


def test_a_sensor_whose_noise_nobody_knows_is_refused_with_the_way_out() -> None:
    mosaic = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=Shot.single(iso=100),
                         profile=CAMERA.with_fields(readings=()))  # fmt: skip

    with pytest.raises(FrameError, match="gain and noise of mono are not known; pass --camera"):
        observe(mosaic, ONE, None)


def test_the_edge_lies_half_way_between_the_last_code_seen_and_the_first_clipped() -> None:
    mosaic = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=Shot.single(iso=100),
                         profile=CAMERA)  # fmt: skip
    companded = CAMERA.with_fields(linearization_table_dn=(0, 1000, 3000, 3900, 4095))

    plain = observe(mosaic, ONE, None)
    coarse = observe(replace(mosaic, profile=companded), ONE, None)

    # 64 + 0.25 x 15 000 = 3814 DN, less 3 x 3 x 0.25 DN of noise: 3811.75, so 3812 is clipped.
    assert plain.edge is not None
    assert plain.edge.unique().tolist() == pytest.approx([(3811.5 - 64) / 0.25])
    # Behind that table 3000 DN is the last code below it, and 3900 the first one beyond.
    assert coarse.edge is not None
    assert coarse.edge.unique().tolist() == pytest.approx([(3450 - 64) / 0.25])


def test_a_well_beyond_the_converters_end_is_never_full() -> None:
    [mosaic] = taken(flat(100.0, 2), (0,))
    deep = replace(mosaic, profile=CAMERA.with_fields(full_well_e=1e6))
    unknown = replace(mosaic, profile=CAMERA.with_fields(full_well_e=None))

    seen, beyond, none = (observe(m, ONE, None).well for m in (mosaic, deep, unknown))

    assert seen is not None
    assert float(seen) == 15_000
    assert beyond is not None
    assert float(beyond) > 1e20
    assert none is None


def bent_of(codes: torch.Tensor) -> torch.Tensor:
    """Where a picture of codes of 255, (3, h, w), is bent by clipping."""
    value = codes[None] / 255
    lost = ((value >= 1) | (value <= 0)).any(dim=1, keepdim=True)
    picture = Frame.start(value, Domain.LINEAR, shot=Shot())
    seen = observe(
        replace(picture, measured=~lost, clipped=lost), ONE, Response.linear(), last_code=255
    )
    assert seen.bent is not None
    return seen.bent[0, 0]


def test_a_channel_in_the_last_fiftieth_of_the_codes_takes_the_others_along() -> None:
    codes = torch.full((3, 5, 7), 100.0)
    codes[0, 2, 3], codes[2, 0, 0], codes[2, 2, 5] = 255, 250, 249  # 0.98 x 255 = 249.9

    wanted = torch.zeros(5, 7, dtype=torch.bool)
    wanted[2, 3] = wanted[0, 0] = True
    assert torch.equal(bent_of(codes), wanted)


def test_what_the_floor_took_bends_nothing() -> None:
    codes = torch.full((3, 5, 7), 100.0)
    codes[1, 2, 3] = 0

    assert not bool(bent_of(codes).any())


def test_raws_clip_each_colour_for_itself() -> None:
    [mosaic] = taken(flat(100.0, 2), (0,))

    assert observe(mosaic, ONE, None).bent is None
