"""What falls on each photosite: scenes at the size asked for, through a lens, from a panorama."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from apps import light
from apps.light import OWN_SIZE, Seen, aim, direction_of, light_on_sensor
from apps.scenes import scene
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.profile import load_profile
from simulate.optics import Lens
from simulate.scenes.panorama import panorama_view, random_directions

D850 = load_profile("NikonD850")
SIZE = (24, 36)
WIDE = {"size": SIZE, "fov_deg": 60.0}


def seen_light(name: str, **seen: object) -> Frame:
    return light_on_sensor(name, Seen(**seen), D850, 2.8)  # type: ignore[arg-type]


@pytest.fixture
def panorama(monkeypatch: pytest.MonkeyPatch) -> Frame:
    """A smooth sphere of light at hand as sphere.exr: its colours say where one looks."""
    rows = (torch.arange(64) + 0.5) / 64 * math.pi
    columns = (torch.arange(128) + 0.5) / 128 * 2 * math.pi
    planes = [
        1.5 + torch.sin(rows)[:, None] * torch.sin(columns)[None],
        1.5 + torch.sin(rows)[:, None] * torch.cos(columns)[None],
        1.5 + torch.cos(rows)[:, None].expand(64, 128),
    ]
    sphere = Frame.start(torch.stack(planes)[None], Domain.SCENE, colour=Colour())
    monkeypatch.setattr(light, "read", {"sphere.exr": sphere}.__getitem__)
    return sphere


def test_without_options_one_scene_pixel_is_one_photosite() -> None:
    assert torch.equal(seen_light("scene:siemens").data, scene("siemens").data)


def test_a_built_in_scene_is_rendered_at_the_size() -> None:
    seen = seen_light("scene:slanted-edge?angle=9", size=SIZE)

    assert torch.equal(seen.data, scene("slanted-edge?angle=9", *SIZE).data)
    assert [name for name, _ in seen.history] == ["scene"]


def test_a_lens_sees_finer_light_that_each_photosite_averages() -> None:
    """A lens that does nothing leaves the mean of OWN_SIZE x OWN_SIZE pixels."""
    seen = seen_light("scene:colorchecker", size=SIZE, lens=Lens())

    fine = scene("colorchecker", OWN_SIZE * SIZE[0], OWN_SIZE * SIZE[1]).data.double()
    blocks = fine.reshape(1, 3, SIZE[0], OWN_SIZE, SIZE[1], OWN_SIZE).mean(dim=(3, 5))
    torch.testing.assert_close(seen.data.double(), blocks, rtol=2**-23, atol=1e-9)
    step = dict(seen.history)["view"]
    assert (step["scene_pixels_per_photosite"], step["size"]) == (OWN_SIZE, SIZE)


def test_what_a_scene_counts_in_pixels_stays_in_photosites_behind_a_lens() -> None:
    """A grating's pixels are exact means of area, so finer ones average to the coarse ones."""
    name = "scene:sine-grating?frequency=0.2&angle=20"
    torch.testing.assert_close(
        seen_light(name, size=SIZE, lens=Lens()).data, scene(name[6:], *SIZE).data,
        rtol=1e-5, atol=1e-6,
    )  # fmt: skip

    leaves = "scene:dead-leaves?min_radius=2&max_radius=9"
    behind, plain = seen_light(leaves, size=SIZE, lens=Lens()), scene(leaves[6:], *SIZE)
    # The same leaves at the same places: only how finely their rims are sampled differs, 1/8
    # against 1/32 of a photosite.
    assert float((behind.data - plain.data).abs().max()) < 0.1
    drawn = dict(behind.history)["scene"]
    assert (drawn["min_radius"], drawn["max_radius"]) == (8.0, 36.0)


def test_a_blur_is_in_micrometres_on_the_sensor() -> None:
    """An edge blurred by a Gaussian of two photosites has that Gaussian's integral."""
    sigma = 2 * 4.35
    seen = seen_light(
        "scene:slanted-edge?angle=0&luminance=100", size=(24, 48),
        lens=Lens(gaussian_psf_um=sigma),
    ).data[0, 1, 12].double()  # fmt: skip

    low, high = float(seen.min()), float(seen.max())
    x = (np.arange(48) + 0.5 - 24) * 4.35
    ideal = [0.5 * (1 + math.erf(v / sigma / math.sqrt(2))) for v in x]
    edge = (seen.numpy() - low) / (high - low)
    # The photosite's own width, 1/12 of a square photosite beside 4, moves the curve by
    # (1/24) of the Gaussian's slope at most: (1/24) 0.24 / 4; the cut tail adds less.
    assert np.abs(edge - ideal).max() < 0.005


def test_an_angle_gives_cos4_its_focal_length() -> None:
    """At 90 degrees the focal length is half the width: a corner's share, worked out by hand."""
    seen = seen_light("scene:flat", size=(24, 36), fov_deg=90.0, lens=Lens(cos4=True)).data[0, 1]

    sub = (np.arange(4 * 36) + 0.5) / 4 - 18
    down, right = sub[None, 24:120].T, sub[None]
    share = (1 + (down**2 + right**2) / 18**2) ** -2.0
    means = share.reshape(24, 4, 36, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(seen.numpy(), means, rtol=1e-6)


def test_a_files_scene_fills_the_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    data = torch.arange(6 * 10.0).reshape(1, 1, 6, 10).expand(1, 3, 6, 10).contiguous()
    frame = Frame.start(data, Domain.SCENE, colour=Colour())
    monkeypatch.setattr(light, "read", {"a.exr": frame}.__getitem__)

    assert seen_light("a.exr") is frame
    half = seen_light("a.exr", size=(3, 4)).data[0, 0]
    # 2 x 2 pixels to a photosite, the 8 columns in the middle of 10.
    blocks = data[0, 0, :, 1:9].reshape(3, 2, 4, 2).mean(dim=(1, 3))
    assert half.tolist() == blocks.tolist()


def test_a_view_is_cut_from_a_panorama_at_the_size(panorama: Frame) -> None:
    seen = seen_light("sphere.exr", direction=(30.0, -10.0), **WIDE)

    cut = panorama_view(panorama, 30.0, -10.0, 60.0, SIZE)
    assert torch.equal(seen.data, cut.data)
    assert direction_of(seen) == (30.0, -10.0)
    assert direction_of(panorama) is None


def test_a_lens_neither_crops_nor_turns_a_view(panorama: Frame) -> None:
    plain = seen_light("sphere.exr", direction=(30.0, -10.0), **WIDE)
    seen = seen_light("sphere.exr", direction=(30.0, -10.0), lens=Lens(), **WIDE)

    # A view of 61 degrees is already 0.007 away at its borders.
    wider = panorama_view(panorama, 30.0, -10.0, 61.0, SIZE)
    assert float((wider.data - plain.data).abs().max()) > 6e-3
    assert float((seen.data - plain.data).abs().max()) < 1e-3
    step = dict(seen.history)["view"]
    assert step["fov_deg"] == pytest.approx(60.0, abs=1e-9)
    assert step["scene_pixels_per_photosite"] == OWN_SIZE


def test_a_random_direction_is_the_seeds_and_is_told(panorama: Frame) -> None:
    assert panorama.size == (64, 128)

    def looks(seed: int) -> tuple[float, float] | None:
        seen = Seen(direction="random", **WIDE)  # type: ignore[arg-type]
        return direction_of(light_on_sensor("sphere.exr", seen, D850, 2.8, seed))

    assert looks(7) == looks(7) == tuple(random_directions(1, 7)[0])
    assert looks(8) != looks(7)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"direction": (0.0, 0.0), "size": SIZE}, "needs --fov and --size"),
        ({"direction": "random", "fov_deg": 60.0}, "needs --fov and --size"),
        ({"direction": (0.0, 0.0), "focal_length_mm": 50.0, **WIDE}, "leave it away"),
        ({"direction": (0.0, 0.0), "lens": Lens(focal_length_mm=50.0), **WIDE}, "leave it away"),
        ({"size": (20000, 20000)}, "20000x20000 is 400.0 megapixels of scene, but the limit is"),
        ({"size": (4000, 6000), "lens": Lens()}, "4 x 4 scene pixels to a photosite, is 384.0"),
        ({"size": SIZE, "lens": Lens(defocus_um=190.0)}, "wider than the sensor's diagonal of 188"),
        ({"size": SIZE, "lens": Lens(gaussian_psf_um=1e300)}, "wider than the sensor's diagonal"),
    ],
)
def test_what_cannot_be_seen_is_refused_before_any_work(
    seen: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        seen_light("scene:flat", **seen)
    assert reason in str(caught.value)


def test_a_lens_needs_a_pitch_and_a_plain_scene_does_not() -> None:
    unknown = replace(D850, pixel_pitch_um=None)

    with pytest.raises(UsageError, match=r"--set pixel_pitch_um=… gives it one"):
        light_on_sensor("scene:flat", Seen(size=SIZE, lens=Lens()), unknown, 2.8)
    assert light_on_sensor("scene:flat", Seen(size=SIZE), unknown, 2.8).size == SIZE


def test_a_scene_that_moves_has_pixels_to_spare_where_it_can() -> None:
    def aimed(**seen: object) -> tuple[float, tuple[int, int], tuple[int, int]]:
        found = aim("scene:flat", Seen(**seen), D850, 2.8, moves=True)  # type: ignore[arg-type]
        return found.per_photosite, found.scene.size, found.onto(found.scene).size

    assert aimed(size=SIZE) == (4.0, (96, 144), SIZE)
    assert aimed() == (1.0, (640, 960), (640, 960))
    still = aim("scene:flat", Seen(size=SIZE), D850, 2.8)
    assert (still.per_photosite, still.scene.size) == (1.0, SIZE)
