"""A preview shows each domain on its own scale, as sRGB codes."""

import numpy as np
import pytest
import torch

from apps.preview import preview
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.files.profile import load_profile

D850 = load_profile("NikonD850")
HALF = 188  # IEC 61966-2-1: 255 (1.055 0.5^(1/2.4) - 0.055) = 187.5


def flat(value: float, domain: Domain, channels: int = 1, **parts: object) -> Frame:
    return Frame.start(torch.full((1, channels, 2, 3), value), domain, **parts)  # type: ignore[arg-type]


def only(frame: Frame) -> list[int]:
    codes = preview(frame)
    assert (codes.dtype, codes.shape) == (np.uint8, (2, 3, 3))
    assert (codes == codes[0, 0]).all()
    return [int(v) for v in codes[0, 0]]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (flat(400.0, Domain.RAW, profile=D850), 0),
        (flat(15520.0, Domain.RAW, profile=D850), 255),
        (flat((400 + 15520) / 2, Domain.RAW, profile=D850), HALF),
        (flat(0.5, Domain.MOSAIC), HALF),
        (flat(-0.1, Domain.MOSAIC), 0),
        (flat(1.7, Domain.CAMERA, 3), 255),
        (flat(D850.full_well_e / 2, Domain.ELECTRONS, profile=D850), HALF),
        (flat(50.0, Domain.EXPECTED), 255),  # nobody knows the full well: the largest is white
        (flat(0.5, Domain.LINEAR, 3, colour=Colour(primaries=PRIMARIES["bt2020"])), HALF),
        (flat(102 / 255, Domain.SDR, 3), 102),
    ],
    ids=lambda v: v.domain.name if isinstance(v, Frame) else str(v),
)
def test_a_grey_of_each_domain_has_the_code_of_its_scale(frame: Frame, code: int) -> None:
    assert only(frame) == [code] * 3


def test_codes_of_a_finished_picture_are_shown_as_they_are() -> None:
    picture = torch.tensor([0.2, 0.4, 0.6]).reshape(1, 3, 1, 1).expand(1, 3, 2, 3)

    assert only(Frame.start(picture, Domain.SDR)) == [51, 102, 153]


def test_linear_light_is_shown_in_the_displays_primaries() -> None:
    # BT.2087-0: BT.2020 green is (-0.5876, 1.1329, -0.1006) in BT.709: red and blue clip to 0.
    green = torch.tensor([0.0, 0.5, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 3)
    frame = Frame.start(green, Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"]))

    expected = round(255 * (1.055 * (0.5 * 1.1329) ** (1 / 2.4) - 0.055))
    assert only(frame) == [0, expected, 0]


@pytest.mark.parametrize("domain", [Domain.SCENE, Domain.HDR])
def test_scene_light_is_shown_alike_however_bright_it_is(domain: Domain) -> None:
    light = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)) + 0.5

    dim, bright = (preview(Frame.start(light * scale, domain)) for scale in (1.0, 1000.0))

    assert abs(dim.astype(int) - bright).max() <= 1  # 1e-4 is added under the logarithm
    assert 60 < dim.mean() < 200


def test_a_spectral_scene_is_shown_grey() -> None:
    codes = preview(Frame.start(torch.rand(1, 7, 4, 4), Domain.SCENE))

    assert (codes[..., 0] == codes[..., 2]).all()


def test_any_image_of_a_batch_can_be_looked_at() -> None:
    batch = torch.stack([torch.zeros(3, 2, 3), torch.ones(3, 2, 3)])

    assert preview(Frame.start(batch, Domain.SDR), image=1).min() == 255
