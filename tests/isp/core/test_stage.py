"""A stage: frames come in by one door, masks spread as far as the stage reaches."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.core.stage import Stage, as_stage, dilate

Array = NDArray[np.float32]


class GainByIso(Stage):
    """Multiplies by iso / 100: a value of the shot comes in as a tensor."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, frame.shot.need("iso")

    def forward(self, mosaic: Tensor, iso: Tensor) -> Tensor:
        return mosaic * (iso / 100).reshape(-1, 1, 1, 1)

    def settings(self) -> dict[str, object]:
        return {"reference": 100}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, object]:
        return {"iso": inputs[1].tolist()}


class Triple(Stage):
    """Repeats the mosaic as three channels: enters CAMERA."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA
    mask_support = 1

    def forward(self, mosaic: Tensor) -> Tensor:
        return mosaic.expand(-1, 3, -1, -1)


class LeaveCamera(Stage):
    """Keeps the numbers and gives them primaries: leaves CAMERA."""

    domain_in = Domain.CAMERA
    domain_out = Domain.LINEAR

    def forward(self, camera: Tensor) -> Tensor:
        return camera

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, object]:
        return {"colour": Colour()}


def mosaic(height: int = 5, width: int = 7, **rest: object) -> Frame:
    data = torch.arange(height * width, dtype=torch.float32).reshape(1, 1, height, width)
    return Frame.start(data, Domain.MOSAIC, **rest)  # type: ignore[arg-type]


def spot(y: int, x: int, height: int = 5, width: int = 7) -> Tensor:
    mask = torch.zeros(1, 1, height, width, dtype=torch.bool)
    mask[..., y, x] = True
    return mask


def test_a_stage_is_named_after_its_class() -> None:
    assert GainByIso().name == "gain_by_iso"


def test_a_frame_of_another_domain_is_refused_by_name() -> None:
    with pytest.raises(DomainError, match="GainByIso takes MOSAIC, but the frame is in RAW"):
        GainByIso().develop(Frame.start(torch.zeros(1, 1, 2, 2), Domain.RAW))


def test_the_shot_comes_in_as_a_tensor_and_is_noted() -> None:
    frame = mosaic(shot=Shot.single(iso=250.0))

    developed = GainByIso().develop(frame)

    assert torch.equal(developed.data, frame.data * 2.5)
    assert developed.history == (("gain_by_iso", {"reference": 100, "iso": [250.0]}),)


def test_a_value_the_shot_has_not_is_asked_for() -> None:
    with pytest.raises(FrameError, match="iso"):
        GainByIso().develop(mosaic())


def test_the_input_frame_is_left_untouched() -> None:
    frame = mosaic(clipped=spot(2, 3))
    before = frame.data.clone()

    Triple().develop(frame)

    assert torch.equal(frame.data, before)
    assert torch.equal(frame.clipped, spot(2, 3))
    assert frame.history == ()


def test_an_unmeasured_pixel_spoils_its_neighbourhood_and_no_more() -> None:
    developed = Triple().develop(mosaic(clipped=spot(2, 3)))

    expected = torch.zeros(5, 7, dtype=torch.bool)
    expected[1:4, 2:5] = True
    for channel in range(3):
        assert torch.equal(developed.clipped[0, channel], expected)
        assert torch.equal(developed.measured[0, channel], ~expected)
    assert not bool(developed.generated.any())


def test_a_spoilt_corner_does_not_wrap_round() -> None:
    developed = Triple().develop(mosaic(generated=spot(0, 0)))

    expected = torch.zeros(5, 7, dtype=torch.bool)
    expected[:2, :2] = True
    assert torch.equal(developed.generated[0, 0], expected)


def test_a_pixel_that_leaves_camera_is_measured_when_all_its_channels_are() -> None:
    camera = Triple().develop(mosaic())
    clipped = torch.zeros(1, 3, 5, 7, dtype=torch.bool)
    clipped[0, 0, 1, 1] = True
    clipped[0, 2, 4, 6] = True
    camera = Frame.start(camera.data, Domain.CAMERA, clipped=clipped)

    linear = LeaveCamera().develop(camera)

    assert linear.clipped.shape == (1, 1, 5, 7)
    assert linear.clipped[0, 0].nonzero().tolist() == [[1, 1], [4, 6]]
    assert torch.equal(linear.measured, ~linear.clipped)
    assert linear.colour == Colour()


@pytest.mark.parametrize("radius", [0, 1, 2, 3])
def test_dilation_is_the_square_around_each_spot(radius: int) -> None:
    wide = dilate(spot(4, 4, 9, 9), radius)

    assert int(wide.sum()) == (2 * radius + 1) ** 2
    assert bool(wide[..., 4 - radius : 5 + radius, 4 - radius : 5 + radius].all())


def test_an_array_function_gets_a_plane_where_the_domain_has_one() -> None:
    seen: list[tuple[tuple[int, ...], np.dtype, bool]] = []

    def flip(plane: Array) -> Array:
        seen.append((plane.shape, plane.dtype, plane.flags["C_CONTIGUOUS"]))
        return plane[::-1]

    developed = as_stage(flip, Domain.MOSAIC).develop(mosaic())

    assert seen == [((5, 7), np.dtype(np.float32), True)]
    assert torch.equal(developed.data, mosaic().data.flip(-2))
    assert developed.history[-1][0] == "flip"


def test_an_array_function_gets_height_width_channels_where_there_are_three() -> None:
    data = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(7))

    def swap(image: Array) -> Array:
        assert image.shape == (4, 5, 3)
        return image[..., ::-1]

    developed = as_stage(swap, Domain.LINEAR, name="bgr").develop(Frame.start(data, Domain.LINEAR))

    assert torch.equal(developed.data, data.flip(1))
    assert developed.history[-1][0] == "bgr"


def test_a_function_with_support_spoils_that_far_and_asks_for_that_halo() -> None:
    stage = as_stage(lambda plane: plane, Domain.MOSAIC, support=2, name="blur")

    assert stage.halo == 2
    assert int(stage.develop(mosaic(7, 7, clipped=spot(3, 3, 7, 7))).clipped.sum()) == 25


def test_a_function_that_changes_the_shape_is_refused() -> None:
    stage = as_stage(lambda plane: plane[:2], Domain.MOSAIC, name="cut")

    with pytest.raises(FrameError, match=r"cut got an array of shape \(5, 7\).*\(2, 7\)"):
        stage.develop(mosaic())


def test_a_function_that_returns_integers_is_refused() -> None:
    stage = as_stage(lambda plane: plane.astype(np.uint8), Domain.MOSAIC, name="round")  # type: ignore[arg-type, return-value]

    with pytest.raises(FrameError, match="floating point, but returned uint8"):
        stage.develop(mosaic())


def test_a_function_may_return_float64_and_the_frame_stays_float32() -> None:
    stage = as_stage(lambda plane: plane.astype(np.float64) / 3, Domain.MOSAIC, name="third")  # type: ignore[arg-type, return-value]

    developed = stage.develop(mosaic())

    assert developed.data.dtype == torch.float32
    assert torch.equal(developed.data, (mosaic().data.double() / 3).float())
