"""Differences are worked out by hand here, and colour by colour-science."""

import json
import math

import numpy as np
import pytest
import torch

from apps.diff.comparison import colour_apart, compare, crop, range_of
from apps.diff.words import verdict
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile

NAMES = ("a", "b")
LINEAR = Colour(primaries=PRIMARIES["bt2020"])


def frame(values: list[list[float]], domain: Domain, **more: object) -> Frame:
    """One row of pixels from values per channel."""
    return Frame.start(torch.tensor(values)[None, :, None, :], domain, **more)  # type: ignore[arg-type]


def test_numbers_are_those_of_the_definition() -> None:
    first = frame([[0.0, 0.5, 1.0, 0.5]], Domain.MOSAIC)
    second = frame([[0.0, 0.5, 1.0, 0.4]], Domain.MOSAIC)

    found = compare(NAMES, first, second, tolerance=0.05)

    assert found.departs
    assert found.everywhere is not None
    assert found.everywhere.max_abs == pytest.approx(0.1)
    assert found.everywhere.mean_abs == pytest.approx(0.025)
    assert found.everywhere.relative == pytest.approx(0.1 / 2)  # 0.1 of 0 + 0.5 + 1 + 0.5
    assert found.everywhere.psnr_db == pytest.approx(10 * math.log10(1 / (0.01 / 4)))
    assert found.everywhere.delta_e_mean is None  # a mosaic has no colour
    assert not compare(NAMES, first, second, tolerance=0.11).departs


def test_measured_pixels_are_counted_by_themselves() -> None:
    unmeasured = torch.tensor([[[[True, True, False, True]]]])
    first = frame([[0.0, 0.0, 9.0, 1.0]], Domain.MOSAIC, measured=unmeasured)
    second = frame([[0.0, 0.0, 0.0, 0.0]], Domain.MOSAIC)

    found = compare(NAMES, first, second, tolerance=0.0)

    assert found.everywhere is not None
    assert found.measured is not None
    assert (found.everywhere.max_abs, found.measured.max_abs) == (9.0, 1.0)
    assert found.measured_fraction == 0.75


def test_raw_is_judged_by_the_range_of_its_bits() -> None:
    profile = load_profile("GenericPhone")  # 10 bits
    first = frame([[100.0, 200.0]], Domain.RAW, profile=profile)
    second = frame([[100.0, 201.0]], Domain.RAW)

    assert range_of(second, first) == 1023
    assert compare(NAMES, first, second, tolerance=0.9 / 1023).departs
    assert not compare(NAMES, first, second, tolerance=1.1 / 1023).departs


def test_equal_frames_have_no_psnr_and_never_depart() -> None:
    same = frame([[0.1], [0.2], [0.3]], Domain.LINEAR, colour=LINEAR)

    found = compare(NAMES, same, same, tolerance=0.0)

    assert not found.departs
    assert found.everywhere is not None
    assert (found.everywhere.psnr_db, found.everywhere.delta_e_max) == (None, 0.0)


@pytest.mark.parametrize("domain", [Domain.LINEAR, Domain.SDR, Domain.CAMERA])
def test_colour_difference_is_ciede2000_by_colour_science(domain: Domain) -> None:
    import colour

    generator = torch.Generator().manual_seed(domain)
    values = torch.rand(2, 3, 40, generator=generator) * 0.8 + 0.1
    profile = load_profile("NikonD850")
    meaning = {
        Domain.LINEAR: LINEAR,
        Domain.SDR: Colour(primaries=PRIMARIES["p3"], transfer="srgb"),
        Domain.CAMERA: None,
    }[domain]
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    sides = [frame(v.tolist(), domain, colour=meaning, shot=shot, profile=profile) for v in values]

    apart = colour_apart(*sides)

    assert apart is not None
    if domain is Domain.CAMERA:
        from isp.stages.colour_matrix import ColourMatrix

        sides = [ColourMatrix("bt709").develop(side) for side in sides]
    space = {Domain.LINEAR: "ITU-R BT.2020", Domain.SDR: "P3-D65", Domain.CAMERA: "ITU-R BT.709"}
    labs = []
    for side in sides:
        light = side.data[0, :, 0].double().numpy().T
        if domain is Domain.SDR:
            light = colour.models.eotf_sRGB(light)
        xyz = light @ colour.RGB_COLOURSPACES[space[domain]].matrix_RGB_to_XYZ.T
        labs.append(colour.XYZ_to_Lab(xyz, (0.3127, 0.3290)))
    wanted = colour.delta_E(*labs, method="CIE 2000")
    # colour-science's matrices of P3 and BT.2020 are rounded to a few digits.
    np.testing.assert_allclose(apart[0, 0], wanted, atol=5e-3)


def test_camera_colour_is_unknown_without_a_camera_and_borrowed_from_the_other_side() -> None:
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    known = frame(
        [[0.1], [0.2], [0.3]], Domain.CAMERA, shot=shot, profile=load_profile("NikonD850")
    )
    foreign = frame([[0.1], [0.2], [0.35]], Domain.CAMERA)

    assert colour_apart(foreign, foreign) is None
    one, other = colour_apart(known, foreign), colour_apart(foreign, known)
    assert one is not None
    assert other is not None
    assert one.max() > 1
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_light_of_no_known_primaries_has_no_colour_difference() -> None:
    assert colour_apart(*[frame([[0.1], [v], [0.3]], Domain.LINEAR) for v in (0.2, 0.3)]) is None


def test_frames_of_other_domains_or_shapes_depart_with_a_reason() -> None:
    linear = frame([[0.1], [0.2], [0.3]], Domain.LINEAR, colour=LINEAR)
    longer = frame([[0.1, 0], [0.2, 0], [0.3, 0]], Domain.LINEAR, colour=LINEAR)
    camera = frame([[0.1], [0.2], [0.3]], Domain.CAMERA)

    for other, reason in ((longer, "shape [1, 3, 1, 1] against [1, 3, 1, 2]"),
                          (camera, "LINEAR against CAMERA")):  # fmt: skip
        found = compare(NAMES, linear, other, tolerance=1.0)
        assert found.departs
        assert found.trouble == reason


def test_a_window_is_cut_from_data_and_masks_alike() -> None:
    data = torch.arange(12.0).reshape(1, 1, 3, 4)
    cut = crop(Frame.start(data, Domain.MOSAIC, measured=data > 5), (1, 1, 2, 2))

    assert cut.data.flatten().tolist() == [5, 6, 9, 10]
    assert cut.measured.flatten().tolist() == [False, True, True, True]
    whole = Frame.start(data, Domain.MOSAIC)
    assert crop(whole, None) is whole


@pytest.mark.parametrize("roi", [(-1, 0, 2, 2), (0, 0, 5, 1), (0, 2, 1, 2), (0, 0, 0, 1)])
def test_a_window_outside_is_refused(roi: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError, match="is not inside 4 x 3"):
        crop(Frame.start(torch.zeros(1, 1, 3, 4), Domain.MOSAIC), roi)


def test_nan_against_itself_is_counted_and_its_numbers_are_null_in_json() -> None:
    held = frame([[0.5, math.nan, 0.25]], Domain.MOSAIC)

    found = compare(NAMES, held, held, tolerance=1.0)
    record = found.record()

    assert found.departs
    assert verdict(found) == record["reason"] == "1 value is NaN"
    assert record["everywhere"]["max_abs"] is None
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_infinities_are_counted_and_finite_frames_have_no_reason() -> None:
    held = frame([[math.inf, -math.inf, math.nan]], Domain.MOSAIC)
    plain = frame([[0.5, 0.5, 0.5]], Domain.MOSAIC)

    assert (
        compare(NAMES, held, plain, tolerance=1.0).reason == "1 value is NaN, 2 values are infinite"
    )
    assert compare(NAMES, plain, plain, tolerance=1.0).reason is None
