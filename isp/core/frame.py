"""A picture on its way through the pipeline: pixels, what they mean, and which were measured."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.response import Response
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.window import Window

Step = tuple[str, dict[str, Any]]
NOT_FINITE = "not_finite"  # the step's name in a history


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """A batch of pictures of one sensor in one domain.

    data: (b, c, h, w) float32; what a number means is the domain's business.
    measured: True where the value rests on photosites strictly inside their range.
    clipped: the part of it lost to saturation or to the floor.
    generated: True where a model invented the value.
        Masks are (b, 1, h, w), and (b, 3, h, w) in CAMERA.
    balanced: whether the shot's white balance has been multiplied into the data; the shot may
        know one that nobody applied. `applied_balance` is what the data hold.
    history: the steps so far, (stage name, parameters), without times.
    window: where in a larger frame these pixels lie, of a tile; None of a whole frame.

    Make one with `Frame.start`, which fills in what is not given.
    """

    data: Float[Tensor, "b c h w"]
    domain: Domain
    shot: Shot
    measured: Bool[Tensor, "b m h w"]
    clipped: Bool[Tensor, "b m h w"]
    generated: Bool[Tensor, "b m h w"]
    profile: SensorProfile | None = None
    colour: Colour | None = None
    balanced: bool = False
    history: tuple[Step, ...] = ()
    window: Window | None = None

    def __post_init__(self) -> None:
        """Check that layout, masks and shot agree with the domain."""
        batch, channels, height, width = self.data.shape
        expected = self.domain.channels
        if expected is not None and channels != expected:
            raise FrameError(
                f"a {self.domain.name} frame has {expected} channels, but {channels} came"
            )
        planes = 3 if self.domain is Domain.CAMERA else 1
        for name in ("measured", "clipped", "generated"):
            mask = getattr(self, name)
            if mask.dtype != torch.bool or mask.shape != (batch, planes, height, width):
                raise FrameError(
                    f"mask {name} must be bool {(batch, planes, height, width)}, "
                    f"but is {mask.dtype} {tuple(mask.shape)}"
                )
        if self.balanced and self.domain < Domain.MOSAIC:
            raise FrameError(f"{self.domain.name} is never white-balanced")
        if self.shot.item.shape[0] != batch:
            raise FrameError(
                f"the shot describes {self.shot.item.shape[0]} images, but the batch has {batch}"
            )

    @staticmethod
    def start(
        data: Tensor,
        domain: Domain,
        *,
        shot: Shot | None = None,
        profile: SensorProfile | None = None,
        colour: Colour | None = None,
        measured: Tensor | None = None,
        clipped: Tensor | None = None,
        generated: Tensor | None = None,
        balanced: bool | None = None,
        history: tuple[Step, ...] = (),
    ) -> "Frame":
        """Make a frame from pixels; masks not given say: all measured, none clipped or generated.

        Values that are no finite numbers were not measured, whatever the mask says; in RAW they
        become DN 0, which no photosite measures either, and the history counts them.
        balanced: by default a CAMERA frame is, by the shot's balance where it knows one, as the
            domain says; a mosaic is not.

        Raises FrameError when the parts do not fit each other.
        """
        if data.ndim != 4:
            raise FrameError(f"frame data is (b, c, h, w), but {tuple(data.shape)} came")
        batch, _, height, width = data.shape
        planes = 3 if domain is Domain.CAMERA else 1
        # One value expanded: a mask that says nothing costs no memory.
        no = torch.zeros(1, dtype=torch.bool, device=data.device)
        off, on = (mask.expand(batch, planes, height, width) for mask in (no, ~no))
        if measured is None:
            measured = on if clipped is None else ~clipped
        if not _is_finite(data):
            finite = torch.isfinite(data)
            measured = measured & (finite if planes == 3 else finite.all(dim=1, keepdim=True))
            if domain is Domain.RAW:
                data = torch.where(finite, data, 0.0)
                history = (*history, (NOT_FINITE, {"values": int((~finite).sum())}))
        clipped = off if clipped is None else clipped
        if balanced is None:
            balanced = (
                domain is Domain.CAMERA and shot is not None and shot.white_balance is not None
            )
        return Frame(
            data=data.float(),
            domain=domain,
            shot=(shot or Shot()).for_batch(batch).to(data.device),
            profile=profile,
            colour=colour,
            measured=measured,
            clipped=clipped,
            generated=off if generated is None else generated,
            balanced=balanced,
            history=history,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.data.shape[-2], self.data.shape[-1]

    @property
    def applied_balance(self) -> Float[Tensor, "b 3"] | None:
        """Multipliers R, G, B that the data hold; None where they hold none.

        Raises FrameError for a balanced frame whose shot no longer says by what.
        """
        return self.shot.need("white_balance") if self.balanced else None

    @property
    def place(self) -> Float[Tensor, "b 4"]:
        """Row and column of the first pixel, height and width of the frame: what a tile has."""
        w = self.window
        here = (0, 0, *self.size) if w is None else (w.top, w.left, w.frame_height, w.frame_width)
        row = self.data.new_tensor([[float(number) for number in here]])
        return row.expand(self.data.shape[0], 4)

    def own(self, picture: Tensor) -> Tensor:
        """A picture of the frame's size without a tile's margin, for what is counted."""
        return picture if self.window is None else self.window.own(picture)

    def need_profile(self) -> SensorProfile:
        """Return the sensor profile.

        Raises FrameError when the frame has none.
        """
        if self.profile is None:
            raise FrameError("the frame has no sensor profile; pass --camera or a profile")
        return self.profile

    def advance(self, name: str, parameters: dict[str, Any], **changes: Any) -> "Frame":
        """Return the frame after a step, with the step noted.

        Raises DomainError when the change would go back in the order of domains.
        """
        domain = changes.get("domain", self.domain)
        if domain < self.domain:
            raise DomainError(f"{name} would go back from {self.domain.name} to {domain.name}")
        return replace(self, history=(*self.history, (name, parameters)), **changes)

    def select(self, rows: slice) -> "Frame":
        """Return some images of the batch as a frame."""
        tensors = {n: getattr(self, n)[rows] for n in ("data", "measured", "clipped", "generated")}
        return replace(self, shot=self.shot.select(rows), **tensors)

    def to(self, device: torch.device | str) -> "Frame":
        """Return the frame with its tensors on a device."""
        names = ("data", "measured", "clipped", "generated")
        tensors = {n: getattr(self, n).to(device) for n in names}
        return replace(self, shot=self.shot.to(device), **tensors)


def _is_finite(data: Tensor) -> bool:
    """Whether every value is; by two numbers, without a mask of the frame's size."""
    if not data.numel() or not data.is_floating_point():
        return True
    return bool(torch.isfinite(torch.stack(torch.aminmax(data))).all())


def reopen(frame: Frame, as_: Domain, decode: Response | None = None) -> Frame:
    """Start a new pass with a finished picture, as if it had been written and opened again.

    as_: SCENE or LINEAR. decode: the response that encoded an SDR frame; an HDR or LINEAR frame
    is linear already and takes none. Masks are kept, the step is noted.

    Raises DomainError for any other start, or when `decode` is missing or superfluous.
    """
    if as_ not in (Domain.SCENE, Domain.LINEAR):
        raise DomainError(f"a picture is reopened as SCENE or LINEAR, not {as_.name}")
    if frame.domain < Domain.LINEAR:
        raise DomainError(f"only a finished picture is reopened, but this is {frame.domain.name}")
    if (frame.domain is Domain.SDR) != (decode is not None):
        raise DomainError("an SDR frame needs the response that encoded it, others need none")
    data = frame.data if decode is None else decode.decode(frame.data)
    colour = replace(frame.colour or Colour(), transfer="linear")
    step = ("reopen", {"from": frame.domain.name, "as": as_.name,
                       "decode": None if decode is None else decode.name})  # fmt: skip
    return replace(
        frame, data=data, domain=as_, colour=colour, balanced=False,
        history=(*frame.history, step),
    )  # fmt: skip
