"""The opcode lists of a DNG: what its maker asks to be done to the linear picture."""

from base64 import b64decode, b64encode
from dataclasses import replace
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.stage import Masks, Stage
from isp.files.dng_opcodes import parse_opcodes
from isp.files.opcode_parameters import BadList, Warp
from isp.files.opcode_pixels import apply_in_turn, listed
from isp.files.opcode_plan import Plan, plan_opcodes
from isp.stages.lens_distortion import resample, warp_fisheye, warp_rectilinear, warped_masks


def opcodes_owed(frame: Frame, list_number: int) -> bool:
    """Whether the frame's file has a list (2 or 3) that has not been carried out."""
    return str(list_number) in frame.shot.tags.get("opcode_lists", {})


def carry_out(
    plan: Plan, planes: Float[Tensor, "c h w"], list_number: int, *, is_bayer: bool
) -> Tensor:
    """Run the opcodes in order on one picture, linear with white at 1; nothing is clipped.

    Raises FrameError where the result is not finite.
    """
    for are_warps, group in groupby(plan.runs, key=lambda run: isinstance(run[1], Warp)):
        said = [parameters for _, parameters in group]
        if not are_warps:
            pixels = planes.detach().permute(1, 2, 0).cpu().numpy()
            changed = apply_in_turn(pixels, said, list_number, is_bayer=is_bayer)
            planes = torch.from_numpy(np.moveaxis(changed, -1, 0).copy()).to(planes)
            continue
        for warp in said:
            if isinstance(warp, Warp):
                source = _source(warp, planes.shape[-2:], planes)
                planes = resample(planes[None], source)[0]
    if plan.runs and not bool(torch.isfinite(planes).all()):
        names = ", ".join(opcode.name for opcode, _ in plan.runs)
        raise FrameError(f"OpcodeList{list_number} ({names}) gives values that are not finite")
    return planes


class _FilesList:
    """One list of the file, kept in `Shot.tags`, or given: what both stages below have of it."""

    exportable: ClassVar[bool] = False
    tileable: ClassVar[bool] = False
    list_number: ClassVar[int]
    cfa: Cfa

    def __init__(self, cfa: Cfa, opcodes: str = "") -> None:
        super().__init__()
        self.cfa = cfa
        self.given = _bytes(opcodes)

    def _list(self, frame: Frame) -> Tensor:
        """The list's bytes as numbers 0..255, (b, n); n = 0 without a list."""
        value = self.given
        if not value and opcodes_owed(frame, self.list_number):
            value = _bytes(frame.shot.tags["opcode_lists"][str(self.list_number)])
        numbers = torch.tensor(list(value), dtype=torch.float32, device=frame.data.device)
        return numbers.expand(frame.data.shape[0], -1)

    def _plan(self, numbers: Tensor, size: tuple[int, int], planes: int) -> Plan:
        if not numbers.shape[1]:
            return Plan()
        value = bytes(int(n) for n in numbers[0].tolist())
        try:
            opcodes = parse_opcodes(value, self.list_number)
            has_phases = self.cfa.is_bayer or self.cfa == Cfa.MONO
            return plan_opcodes(opcodes, size, planes, self.list_number, has_phases=has_phases)
        except ValueError as error:
            raise FrameError(f"OpcodeList{self.list_number}: {error}") from error

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        if not opcodes_owed(frame, self.list_number):
            return {}
        lists = dict(frame.shot.tags["opcode_lists"])
        del lists[str(self.list_number)]
        tags = {**frame.shot.tags, "opcode_lists": lists}
        return {"shot": replace(frame.shot, tags=tags)}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        height, width = inputs[0].shape[-2:]
        plan = self._plan(inputs[1], (height, width), inputs[0].shape[1])
        return {"executed": [o.record() for o, _ in plan.runs], "skipped": list(plan.skipped)}


class OpcodesMosaic(_FilesList, Stage):
    """OpcodeList2 of the frame's DNG, on the mosaic with black at 0 and white at 1.

    opcodes: a list in base64 in place of the file's. It runs before white balance, as polynomials
        and tables are not proportional. A photosite that the list mends is unmeasured.
    Not exportable: what it runs is the file's own programme, bytes that decide its steps; a gain
    map alone exports as `lens_shading`. Not differentiable: gains and tables run in numpy.

    Source: DNG 1.7.1, OpcodeList2.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    list_number = 2

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, self._list(frame)

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], opcodes: Float[Tensor, "b n"]
    ) -> Float[Tensor, "b 1 h w"]:
        height, width = mosaic.shape[-2:]
        plan = self._plan(opcodes, (height, width), 1)
        is_bayer = self.cfa != Cfa.MONO
        return torch.stack([carry_out(plan, m * 1.0, 2, is_bayer=is_bayer) for m in mosaic])

    def carry_masks(self, frame: Frame) -> Masks:
        plan = self._plan(self._list(frame), frame.size, 1)
        kept = torch.ones(frame.size, dtype=torch.bool, device=frame.data.device)
        for _, parameters in plan.runs:
            if isinstance(parameters, BadList):
                kept &= ~torch.from_numpy(listed(parameters, frame.size)).to(kept.device)
        return Masks(
            measured=frame.measured & kept, clipped=frame.clipped & kept, generated=frame.generated
        )


class OpcodesCamera(_FilesList, Stage):
    """OpcodeList3 of the frame's DNG, on demosaiced camera colours before the colour matrix.

    In CAMERA and not LINEAR: the list is written for the camera's own planes (a warp per plane
    undoes lateral chromatic aberration), which the matrix mixes. White balance is taken out first
    and put back, since the list is written for unbalanced light.
    Not exportable: what it runs is the file's own programme; a rectilinear warp alone exports as
    `lens_distortion`, and it alone is differentiable. Not differentiable: what runs in numpy.

    Source: DNG 1.7.1, OpcodeList3.
    """

    domain_in = Domain.CAMERA
    domain_out = Domain.CAMERA
    list_number = 3

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        balance = frame.applied_balance
        gains = frame.data.new_ones(frame.data.shape[0], 3) if balance is None else balance
        return frame.data, self._list(frame), gains

    def forward(
        self,
        camera: Float[Tensor, "b 3 h w"],
        opcodes: Float[Tensor, "b n"],
        gains: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 3 h w"]:
        height, width = camera.shape[-2:]
        plan = self._plan(opcodes, (height, width), 3)
        if not plan.runs:
            return camera * 1.0
        if self.cfa.channels == ("Y",):  # three equal planes: the list speaks of one
            gains = torch.ones_like(gains)
        light = camera / gains[..., None, None]
        done = torch.stack([carry_out(plan, c, 3, is_bayer=False) for c in light])
        if self.cfa.channels == ("Y",):
            done = done[:, :1].expand(-1, 3, -1, -1)
        return done * gains[..., None, None]

    def carry_masks(self, frame: Frame) -> Masks:
        masks = Masks(measured=frame.measured, clipped=frame.clipped, generated=frame.generated)
        for _, parameters in self._plan(self._list(frame), frame.size, 3).runs:
            if isinstance(parameters, Warp):
                source = _source(parameters, frame.size, frame.data)
                before = replace(
                    frame, measured=masks.measured, clipped=masks.clipped,
                    generated=masks.generated,
                )  # fmt: skip
                masks = warped_masks(before, source, "bicubic")
        return masks


def _source(warp: Warp, size: tuple[int, ...], like: Tensor) -> Float[Tensor, "1 planes h w 2"]:
    coefficients = like.new_tensor(warp.coefficients)[None]
    places = warp_fisheye if warp.is_fisheye else warp_rectilinear
    return places((size[0], size[1]), coefficients, like.new_tensor([warp.centre]))


def opcodes_text(value: bytes) -> str:
    """A list's bytes as the text that the stages and `Shot.tags` take."""
    return b64encode(value).decode()


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise UsageError(f"opcodes are a list in base64 ({error})") from error
