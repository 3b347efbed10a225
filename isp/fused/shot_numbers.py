"""What a run of stages does to a frame, as numbers for a kernel, and what it notes."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.fused.curves import FILMIC, OPEN, PLAIN, REINHARD, TRANSFERS
from isp.fused.demosaics import GBTF_ROOT, MALVAR
from isp.fused.listed_defects import ListedDefects
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.defects import Defects
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.tone import filmic
from isp.stages.tone.filmic import FilmicTone
from isp.stages.tone.reinhard2002 import ReinhardTone
from isp.stages.white_balance import WhiteBalance

Numbers = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(slots=True, kw_only=True, eq=False)
class ShotNumbers:
    """Numbers of each image of a batch, and what is one for all.

    black, white: DN at each site of a 2 x 2 cell, (b, 4). gains: of each site, (b, 4).
    level: what near-clipped photosites are cut to, (b,); None where nothing is cut.
    demosaic: which one. toe: of its root, (b,); None for linear light.
    matrix: camera RGB to the light that the tone curve takes, (b, 3, 3), exposure included.
    to_display: from there to the display, (b, 3, 3). luminance: weights of that light, (b, 3).
    tone, white_point: which tone curve, and its white. curve: which transfer curve.
    defects: those that are corrected.
    """

    black: Numbers
    white: Numbers
    gains: Numbers
    matrix: Numbers
    to_display: Numbers
    luminance: Numbers
    defects: ListedDefects
    level: Numbers | None = None
    demosaic: int = MALVAR
    toe: Numbers | None = None
    tone: int = PLAIN
    white_point: float = 1.0
    curve: int = OPEN

    @staticmethod
    def neutral(batch: int, size: tuple[int, int]) -> "ShotNumbers":
        """Numbers that change nothing."""
        sites, eye = np.ones((batch, 4)), np.tile(np.eye(3), (batch, 1, 1))
        return ShotNumbers(
            black=0 * sites, white=sites, gains=sites, matrix=eye, to_display=eye,
            luminance=np.zeros((batch, 3)), defects=ListedDefects.of(None, size),
        )  # fmt: skip

    @property
    def scale(self) -> Numbers:
        """Balanced mosaic per DN at each site, (b, 4)."""
        return self.gains / (self.white - self.black)

    @property
    def last_matrix(self) -> Numbers:
        """What comes after the tone curve; all there is where none does, or one that scales."""
        return self.to_display if self.tone == FILMIC else self.to_display @ self.matrix

    def tone_numbers(self) -> Numbers:
        """What the kernel's tone curve takes of each image, (b, n): see `colour_rows`."""
        if self.tone == FILMIC:
            a, b, c, d, e, f = (getattr(filmic, name) for name in "ABCDEF")
            white = float(filmic._curve(filmic.BIAS * self.white_point))
            row = np.array([a, c * b, d * e, b, d * f, e / f, filmic.BIAS, 1 / white])
            return np.tile(row, (len(self.black), 1))
        weights = np.einsum("bi,bij->bj", self.luminance, self.matrix)
        return np.column_stack([weights, np.full(len(weights), self.white_point**-2.0)])


def kernel_matrices(numbers: ShotNumbers, cfa: Cfa) -> tuple[Floats, Floats, Floats]:
    """The matrices before and after the tone curve, and its numbers: (b, 9), (b, 9), (b, n).

    The kernels call red the colour, red or blue, of the even rows. So what comes first after them
    takes their order; where no curve stands between, that is the second matrix.
    """
    order = [0, 1, 2] if cfa.pattern[0][pair_shift(cfa)] == "R" else [2, 1, 0]
    last, tone = numbers.last_matrix, numbers.tone_numbers()
    if numbers.tone != FILMIC:
        last = last[:, :, order]
    if numbers.tone == REINHARD:
        tone[:, :3] = tone[:, order]
    batch = len(tone)
    matrix = numbers.matrix[:, :, order].reshape(batch, 9)
    floats = (matrix.astype(np.float32), last.reshape(batch, 9).astype(np.float32))
    return *floats, tone.astype(np.float32)


def pair_shift(cfa: Cfa) -> int:
    """1 where even rows of a Bayer pattern begin with green, so that pairs begin a column later."""
    return int(cfa.pattern[0][0] == "G")


def numbers_of(stages: tuple[Stage, ...], cfa: Cfa, frame: Frame) -> tuple[ShotNumbers, Frame]:
    """Ask each stage for its inputs; also return the frame's companion after the run.

    The companion is a frame of one pixel, but its history, shot and colour are what the stages
    themselves say.

    Raises what the stages raise.
    """
    numbers = ShotNumbers.neutral(frame.data.shape[0], frame.size)
    companion = one_pixel(frame, frame.domain)
    for stage in stages:
        inputs = stage.inputs(companion)
        if isinstance(stage, Defects):
            numbers.defects = ListedDefects.of(frame.profile, frame.size)
            marks = torch.ones(1, len(numbers.defects.rows))
            inputs = (companion.data, marks.expand(len(companion.data), -1))
        else:
            _take(numbers, stage, inputs[1:], cfa)
        noted = stage.settings() | stage.note(inputs)
        changed = replace(companion, **stage.changes(companion, inputs))
        after = one_pixel(changed, stage.domain_out)
        companion = replace(after, history=(*companion.history, (stage.name, noted)))
    return numbers, companion


def one_pixel(frame: Frame, domain: Domain) -> Frame:
    """A frame of one measured pixel in a domain, otherwise as the frame."""
    batch, channels = frame.data.shape[0], domain.channels or 1
    data = frame.data.new_zeros(batch, channels, 1, 1, dtype=torch.float32)
    planes = 3 if domain is Domain.CAMERA else 1
    no = frame.data.new_zeros(batch, planes, 1, 1, dtype=torch.bool)
    return replace(frame, data=data, domain=domain, measured=~no, clipped=no, generated=no)


def _take(numbers: ShotNumbers, stage: Stage, values: tuple[Tensor, ...], cfa: Cfa) -> None:
    given = [v.detach().double().cpu().numpy() for v in values]
    if isinstance(stage, BlackLevel):
        numbers.black, numbers.white = given[0], np.repeat(given[1][:, None], 4, axis=1)
    elif isinstance(stage, WhiteBalance):
        numbers.gains = given[0][:, cfa.sites().flatten().numpy()]
    elif isinstance(stage, Highlights):
        numbers.level = given[1]
    elif isinstance(stage, GbtfRootDemosaic):
        numbers.demosaic = GBTF_ROOT
        numbers.toe = given[0] if given else None
    elif isinstance(stage, ColourMatrix):
        numbers.matrix = given[0]
    elif isinstance(stage, Exposure):
        numbers.matrix = numbers.matrix * np.exp2(given[0] + given[1])[:, None, None]
    elif isinstance(stage, FilmicTone):
        numbers.tone, numbers.white_point = FILMIC, stage.white
    elif isinstance(stage, ReinhardTone):
        numbers.tone, numbers.white_point = REINHARD, stage.white
        numbers.luminance = given[0]
    elif isinstance(stage, Encode):
        numbers.to_display, numbers.curve = given[0], TRANSFERS[stage.transfer]
