"""A run of stages as one stage: the same frame, made in one pass."""

from dataclasses import replace

import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.stage import Stage
from isp.fused import cpu, gpu
from isp.fused.codes import CODES
from isp.fused.demosaics import GBTF_ROOT, MALVAR
from isp.fused.shot_numbers import numbers_of
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic


class FusedDevelopment(Stage):
    """Stages in a row that the kernels know, from a Bayer mosaic on; `isp.fused.plan.fuse`.

    Data are those of the stages but for the order in which float32 is rounded: once encoded,
    within one code of 16 bits where the mosaic stays within a few times white, and of 8 bits
    wherever a kernel takes it. Masks, history, shot and colour are theirs. What no kernel takes
    (another device, gradients, values that are no numbers or beyond a thousand times white) goes
    through the stages themselves.

    Not exportable: it runs compiled code. The stages export.
    """

    exportable = False
    whole_frame = True  # one pass already, with tables of the whole frame

    def __init__(self, stages: tuple[Stage, ...], cfa: Cfa) -> None:
        super().__init__()
        self.run = stages
        self.chain = Pipeline(*stages)
        self.domain_in = stages[0].domain_in  # type: ignore[misc]  # the run's own
        self.domain_out = stages[-1].domain_out  # type: ignore[misc]
        self.halo = sum(stage.halo for stage in stages)
        self.mask_support = sum(stage.mask_support for stage in stages)
        self.cfa = cfa
        roots = any(isinstance(stage, GbtfRootDemosaic) for stage in stages)
        self.demosaic = GBTF_ROOT if roots else MALVAR

    @property
    def name(self) -> str:
        return f"{self.run[0].name}..{self.run[-1].name}"

    def develop(self, frame: Frame) -> Frame:
        """Run the stages on a frame, in one pass where a kernel takes it.

        Raises what the stages raise.
        """
        rendered = self._render(frame, None)
        if rendered is None:
            return self.chain.develop(frame)
        data, companion = rendered

        def spread(mask: Tensor, spoils: bool) -> Tensor:
            if gpu.fits(frame.data):
                return gpu.spread(mask, spoils)
            return cpu.spread(mask, spoils, self.cfa, self.demosaic)

        return replace(
            companion,
            data=data,
            measured=spread(frame.measured, False),
            clipped=spread(frame.clipped, True),
            generated=spread(frame.generated, True),
        )

    def develop_codes(self, frame: Frame, bit_depth: int = 8) -> Tensor:
        """Develop to the codes of a file, (b, h, w, 3) of 8 or 16 bits, not turned upright.

        Raises DomainError for a run that does not end in SDR, UsageError for another depth,
        FrameError for values that are no numbers, and what the stages raise.
        """
        if self.domain_out is not Domain.SDR:
            raise DomainError(f"codes are of SDR, but the run ends in {self.domain_out.name}")
        if bit_depth not in CODES:
            raise UsageError(f"codes have 8 or 16 bits, not {bit_depth}")
        rendered = self._render(frame, bit_depth)
        if rendered is not None:
            return rendered[0]
        picture = self.chain.develop(frame).data
        if not bool(torch.isfinite(picture).all()):
            raise FrameError("the picture holds values that are NaN or infinite")
        code = torch.round(picture.detach().double().clamp(0, 1) * (2**bit_depth - 1))
        return code.permute(0, 2, 3, 1).to(CODES[bit_depth]).contiguous()

    def _render(self, frame: Frame, bit_depth: int | None) -> tuple[Tensor, Frame] | None:
        """Pixels, and the frame's companion of one pixel; None where no kernel takes the frame."""
        if frame.domain is not self.domain_in:
            return None
        form = next((form for form in (cpu, gpu) if form.fits(frame.data)), None)
        if form is None:
            return None
        numbers, companion = numbers_of(self.run, self.cfa, frame)
        pixels = form.render(frame.data, frame.clipped, self.cfa, numbers, bit_depth)
        return None if pixels is None else (pixels, companion)
