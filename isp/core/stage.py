"""A stage: one step of the pipeline, pure in tensors, with one door for frames."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, StageError
from isp.core.frame import Frame

ArrayFunction = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masks:
    """The three masks that travel beside the picture."""

    measured: Tensor
    clipped: Tensor
    generated: Tensor


class Run(NamedTuple):
    """What a stage was given and gave: the picture, the other inputs of `forward`, the picture."""

    before: Tensor
    given: Sequence[Tensor]
    after: Tensor


class Stage(nn.Module):
    """Base of every step. A subclass sets both domains and writes `inputs` and `forward`.

    domain_in, domain_out: a stage stays or goes forward.
    halo: pixels that a tile needs around it for the result to be that of the whole frame.
    multiple: height and width must be a multiple of it.
    aligned: rows and columns of a tile's first pixel must be a multiple of it, for a stage that
        works on a coarser grid too and pads by itself what does not fill it.
    whole_frame: whether no halo is enough, since every pixel may depend on all others, so that it
        is run on whole pictures only.
    mask_support: radius by which an unmeasured input spoils its neighbours.
    exportable: whether `forward` becomes an ONNX graph.
    place_input: which of the inputs, (b, 4), says where in the frame the data lie (row and column
        of the first pixel, height and width of the frame), for a stage whose result hangs on it;
        a tile gives its own. None where it does not.
    tileable: whether tiles with a halo can give the result at all.
    surveys: whether `inputs` takes from the whole frame (a mean, a percentile) what a tile cannot
        know; `settled` takes it for the tiles.
    counts: the notes that count pixels, which add up over tiles; all others are the same in each.
    answers: by setting, the word that its value answers in a recipe as it was used, `as_shot`
        for the gains that the shot had: the history goes on saying the word.
    """

    domain_in: ClassVar[Domain]
    domain_out: ClassVar[Domain]
    halo: int = 0
    multiple: int = 1
    aligned: int = 1
    whole_frame: ClassVar[bool] = False
    mask_support: int = 0
    exportable: ClassVar[bool] = True
    place_input: ClassVar[int | None] = None
    tileable: ClassVar[bool] = True
    surveys: bool = False
    counts: ClassVar[tuple[str, ...]] = ()
    answers: Mapping[str, Any] = MappingProxyType({})

    @property
    def name(self) -> str:
        """Snake-case name of the class, which is the stage's name in a pipeline."""
        return snake_case(type(self).__name__)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        """Pick the tensors that `forward` takes: the data, and the shot's values."""
        return (frame.data,)

    def settings(self) -> dict[str, Any]:
        """Plain values that say how the stage was set, for the history."""
        return {}

    def carry_masks(self, frame: Frame) -> Masks:
        """Return the masks after the stage: each unmeasured input spoils `mask_support` around.

        A stage into CAMERA gives each channel its own masks; one out of it joins them: a pixel
        is measured when all three channels are.
        """

        def spoilt(mask: Tensor) -> Tensor:
            if not bool(mask.any()):  # as in most frames: no pass is worth it
                planes = 3 if self.domain_out is Domain.CAMERA else 1
                return mask[:, :1].expand(-1, planes, -1, -1)
            return self.spoilt(mask)

        return spread_masks(frame, spoilt)

    def spoilt(self, mask: Tensor) -> Tensor:
        """Which outputs rest on an input of the mask: a pure function, which a graph holds too.

        mask: bool (b, 1, h, w), or (b, 3, h, w) out of CAMERA; returned as `domain_out` has it.
        """
        wide = dilated(mask, self.mask_support)
        if self.domain_out is Domain.CAMERA:
            return wide.expand(-1, 3, -1, -1)
        return wide.any(dim=1, keepdim=True)

    def masks_after(self, measured: Tensor, clipped: Tensor, run: Run) -> tuple[Tensor, Tensor]:
        """Both masks after the stage as a graph works them out: `spoilt`, and what was found."""
        return ~self.spoilt(~measured), self.spoilt(clipped)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        """Changes to the frame besides data, domain and masks: its `colour` or `shot`."""
        return {}

    def settled(self, frame: Frame) -> "Stage":
        """Return the stage for the tiles of a frame: what it `surveys` is that of this frame."""
        if not self.surveys:
            return self
        values = self.inputs(frame)

        size = frame.size

        def of_tile(frame: Frame) -> tuple[Tensor, ...]:
            window = frame.window
            if window is None:
                return values
            return tuple(window.cut(v).contiguous() if is_picture(v, size) else v for v in values)

        stage = copy.copy(self)
        stage.surveys = False
        stage.inputs = of_tile  # type: ignore[method-assign]  # what was asked once stays
        return stage

    def develop(self, frame: Frame) -> Frame:
        """Run the stage on a frame: the only door for frames.

        Raises DomainError when the frame is in another domain than the stage takes.
        """
        if frame.domain is not self.domain_in:
            raise DomainError(
                f"{type(self).__name__} takes {self.domain_in.name}, "
                f"but the frame is in {frame.domain.name}"
            )
        inputs = self.inputs(frame)
        data = self.computed(frame, inputs)
        masks = self.carry_masks(frame)
        _check_output(self, data, frame, masks)
        return frame.advance(
            self.name,
            self.settings() | self.note(_own(frame, inputs)),
            data=data,
            domain=self.domain_out,
            measured=masks.measured,
            clipped=masks.clipped,
            generated=masks.generated,
            **self.changes(frame, inputs),
        )

    def computed(self, frame: Frame, inputs: tuple[Tensor, ...]) -> Tensor:
        """What `develop` makes of the inputs: `forward`, unless a stage draws between passes."""
        result: Tensor = self(*inputs)
        return result

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        """Values of the shot that were used (gains, matrices), for the history.

        inputs: those of `forward`, pictures without the margin of a tile.
        """
        return {}


def snake_case(name: str) -> str:
    """The name of a class as a stage has it.

    >>> snake_case("WhiteBalance")
    'white_balance'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _check_output(stage: Stage, data: Any, frame: Frame, masks: Masks) -> None:
    """Refuse what no frame can hold, in the name of the stage that gave it.

    Raises StageError.
    """
    height, width = masks.measured.shape[-2:]
    size = (len(frame.data), height, width)
    if not isinstance(data, Tensor):
        given = f"{type(data).__module__}.{type(data).__name__}"
    elif data.dtype != frame.data.dtype or data.ndim != 4:
        given = f"{str(data.dtype).removeprefix('torch.')} of shape {tuple(data.shape)}"
    elif (len(data), *data.shape[-2:]) != size:
        given = f"a picture of shape {tuple(data.shape)}"
    else:
        return
    cls = type(stage)
    raise StageError(
        f'the stage "{stage.name}" ({cls.__module__}.{cls.__qualname__}) gave {given}, but a '
        f"tensor of {str(frame.data.dtype).removeprefix('torch.')} and shape "
        f"({size[0]}, channels, {height}, {width}) is expected"
    )


def is_picture(tensor: Tensor, size: tuple[int, int]) -> bool:
    """Whether an input of a stage is laid over the picture: (b, c, h, w) of its size."""
    return tensor.ndim == 4 and tuple(tensor.shape[-2:]) == size


def _own(frame: Frame, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(frame.own(t) if is_picture(t, frame.size) else t for t in inputs)


def spread_masks(frame: Frame, spoilt: Callable[[Tensor], Tensor]) -> Masks:
    """Masks after a stage, from a function that says which outputs an input mask touches.

    Where nothing is unmeasured but what was clipped, as in most frames, it is asked once.
    """
    unmeasured = ~frame.measured
    lost = spoilt(unmeasured)
    clipped = lost if torch.equal(unmeasured, frame.clipped) else spoilt(frame.clipped)
    return Masks(measured=~lost, clipped=clipped, generated=spoilt(frame.generated))


def dilate(mask: Tensor, radius: int) -> Tensor:
    """Spread True over a square of the given radius."""
    return dilated(mask, radius) if bool(mask.any()) else mask


def dilated(mask: Tensor, radius: int) -> Tensor:
    """`dilate` without looking first whether there is anything to spread."""
    if radius == 0:
        return mask
    spread = F.max_pool2d(mask.float(), 2 * radius + 1, stride=1, padding=radius)
    return spread > 0


class FunctionStage(Stage):
    """A user's array function as a stage; see `as_stage`. Not differentiable: numpy has none."""

    exportable = False

    def __init__(
        self, function: ArrayFunction, domains: tuple[Domain, Domain], support: int, name: str
    ) -> None:
        super().__init__()
        self.function = function
        self.domain_in, self.domain_out = domains  # type: ignore[misc]  # a user chooses them
        self.mask_support = support
        self.halo = support
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def forward(self, data: Tensor) -> Tensor:
        images = []
        for image in data.detach().cpu().numpy():
            layout = image[0] if image.shape[0] == 1 else np.moveaxis(image, 0, -1)
            given = np.ascontiguousarray(layout, dtype=np.float32)
            result = np.asarray(self.function(given))
            self._check(given, result)
            planes = result[None] if result.ndim == 2 else np.moveaxis(result, -1, 0)
            images.append(torch.as_tensor(np.ascontiguousarray(planes, dtype=np.float32)))
        return torch.stack(images).to(data.device)

    def _check(self, given: NDArray[np.float32], result: NDArray[Any]) -> None:
        channels = self.domain_out.channels
        wanted = given.shape[:2] if channels == 1 else (*given.shape[:2], channels)
        if channels is None:
            wanted = given.shape
        if result.shape != wanted:
            raise FrameError(
                f"{self.name} got an array of shape {given.shape} and must return {wanted}, "
                f"but returned {result.shape}"
            )
        if not np.issubdtype(result.dtype, np.floating):
            raise FrameError(f"{self.name} must return floating point, but returned {result.dtype}")
        if not np.isfinite(result).all():
            raise FrameError(f"{self.name} returned NaN or infinite values")


def as_stage(
    function: ArrayFunction,
    domain: Domain,
    support: int = 0,
    name: str | None = None,
    domain_out: Domain | None = None,
) -> Stage:
    """Wrap a function from array to array as a stage.

    function: gets each image as float32, (h, w) where the domain has one plane and (h, w, 3)
        where it has three, and returns floats in the layout of `domain_out`.
    domain_out: the same as `domain` unless given.
    support: how far, in pixels, one input reaches in the output; unmeasured pixels spoil that
        much around them.

    >>> import torch
    >>> halve = as_stage(lambda mosaic: mosaic / 2, Domain.MOSAIC, name="halve")
    >>> halve.develop(Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)).data.mean()
    tensor(0.5000)
    """
    label = name or str(getattr(function, "__name__", "function"))
    return FunctionStage(function, (domain, domain_out or domain), support, label)
