"""A Quad-Bayer mosaic becomes a Bayer one of the same size, and the profile follows."""

import pytest
import torch
from torch import Tensor

from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.stages.demosaic.bilinear import demosaic_bilinear
from isp.stages.demosaic.quad_bayer import QuadRemosaic, remosaic_quad_bayer


def noise(*shape: int, seed: int = 6) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def profile(cfa: Cfa) -> SensorProfile:
    sites = cfa.period[0] * cfa.period[1]
    return SensorProfile(
        name="quad", cfa=cfa, bit_depth=12, black_level_dn=tuple(range(sites)),
        white_level_dn=4000.0, readings=(),
    )  # fmt: skip


def test_six_photosites_of_a_period_have_their_colour_already_and_keep_their_value() -> None:
    mosaic = noise(1, 1, 16, 16)

    bayer = remosaic_quad_bayer(mosaic, Cfa.QUAD_RGGB)

    # RRGG RRGG GGBB GGBB against RGRG GBGB RGRG GBGB, by hand.
    same = torch.tensor([[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]).bool()
    assert torch.equal((bayer == mosaic)[0, 0], same.repeat(4, 4))


def test_a_flat_colour_becomes_the_bayer_mosaic_of_that_colour() -> None:
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    bayer = remosaic_quad_bayer(Cfa.QUAD_RGGB.spread(colour, 12, 14), Cfa.QUAD_RGGB)

    torch.testing.assert_close(bayer, Cfa.RGGB.spread(colour, 12, 14), rtol=0, atol=2e-6)


def test_rings_of_light_are_nearer_to_the_bayer_mosaic_than_by_bilinear() -> None:
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    rings = 0.5 + 0.4 * torch.cos(((rows - 32).square() + (columns - 32).square()) / 90)
    scene = rings * torch.tensor([0.9, 0.7, 0.5]).reshape(1, 3, 1, 1)
    seen, wanted = (
        scene.gather(1, cfa.colour_map(64, 64)[None, None]) for cfa in (Cfa.QUAD_RGGB, Cfa.RGGB)
    )

    ours = remosaic_quad_bayer(seen, Cfa.QUAD_RGGB)

    plain = demosaic_bilinear(seen, Cfa.QUAD_RGGB).gather(
        1, Cfa.RGGB.colour_map(64, 64)[None, None]
    )
    inside = (slice(None), slice(None), slice(8, -8), slice(8, -8))
    assert (ours - wanted)[inside].square().mean() < 0.25 * (plain - wanted)[inside].square().mean()


def test_the_profile_of_the_frame_has_the_new_pattern_and_a_black_level_for_each_site() -> None:
    frame = Frame.start(noise(1, 1, 8, 8), Domain.MOSAIC, profile=profile(Cfa.QUAD_RGGB))

    bayer = QuadRemosaic(Cfa.QUAD_RGGB).develop(frame)

    assert bayer.need_profile().cfa == Cfa.RGGB
    # Squares of sites 0 1 4 5, 2 3 6 7, 8 9 12 13 and 10 11 14 15.
    assert bayer.need_profile().black_level_dn == (2.5, 4.5, 10.5, 12.5)
    name, notes = bayer.history[-1]
    assert (name, notes["cfa"]) == ("quad_remosaic", "RGGB")
    assert notes["toe_used"] == pytest.approx([1e-3])  # the profile does not say its noise


def test_stages_after_it_in_a_recipe_are_made_for_the_new_pattern() -> None:
    recipe = Recipe(steps=(Step(name="remosaic", stage="quad_remosaic"),
                           Step(name="demosaic", stage="menon2007")))  # fmt: skip
    frame = Frame.start(noise(1, 1, 24, 24), Domain.MOSAIC, profile=profile(Cfa.QUAD_RGGB))

    pipeline = recipe.build(Cfa.QUAD_RGGB)

    assert pipeline.develop(frame).domain is Domain.CAMERA


def test_a_bayer_mosaic_stays_as_it_is() -> None:
    frame = Frame.start(noise(1, 1, 8, 8), Domain.MOSAIC, profile=profile(Cfa.GBRG))

    same = QuadRemosaic(Cfa.GBRG).develop(frame)

    assert torch.equal(same.data, frame.data)
    assert same.need_profile().cfa == Cfa.GBRG


def test_a_photosite_is_measured_when_those_of_its_estimate_were() -> None:
    measured = torch.ones(1, 1, 40, 40, dtype=torch.bool)
    measured[..., 20, 20] = False  # red in both patterns
    frame = Frame.start(noise(1, 1, 40, 40), Domain.MOSAIC, measured=measured)

    lost = ~QuadRemosaic(Cfa.QUAD_RGGB).develop(frame).measured[0, 0]

    assert bool(lost[20, 20])
    assert not bool(lost[20, 23])  # green in both: it keeps its own value
    assert bool(lost[20, 22])
    assert not bool(lost[:, 28:].any())


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.QUAD_RGGB.crop(1, 1)], ids=lambda cfa: cfa.name)
def test_a_pattern_of_other_squares_is_refused(cfa: Cfa) -> None:
    with pytest.raises(ProfileError, match="is not made of 2 x 2 squares in a Bayer order"):
        QuadRemosaic(cfa)
