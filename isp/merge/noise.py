"""The variance of one frame's signal, as merging needs it: at the light that is expected there."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.sensor import SensorProfile

LEAST_TRUST = 1e-3  # in the first and the last code of a picture


@runtime_checkable
class Noise(Protocol):
    """How far a signal strays from the one expected.

    offset: variance of a fixed offset that no exposure shares with the light, signal squared.
    """

    @property
    def offset(self) -> Tensor:
        """As above, (b, 1, 1, 1)."""

    def image(self, index: int) -> "Noise":
        """The noise of one image of a batch."""

    def variance(self, expected: Tensor) -> Tensor:
        """Variance from frame to frame of one sample at expected signals."""

    def within(self, expected: Tensor, side: int) -> Tensor:
        """Variance that a sample counts with in a mean over a square of `side` pixels.

        Divided by the number of samples it is the variance of their mean, though some of the
        noise is the same for many of them.
        """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensorNoiseAt:
    """Noise of a sensor's signal in e-: shot noise of the signal on top of what the dark has.

    dark: read noise and RTS, e-^2. lines: noise that a whole row or column shares, e-^2.
    steps_e: how far the ADC's codes lie apart, from each edge in edges_e on.

    Source: CONVENTIONS section 5.4, variance bookkeeping.
    """

    dark: Float[Tensor, "b 1 1 1"]
    lines: Float[Tensor, "b 1 1 1"]
    offset: Float[Tensor, "b 1 1 1"]
    steps_e: Float[Tensor, "b n"]
    edges_e: Float[Tensor, "b m"]

    def image(self, index: int) -> "SensorNoiseAt":
        one = slice(index, index + 1)
        return SensorNoiseAt(
            dark=self.dark[one], lines=self.lines[one], offset=self.offset[one],
            steps_e=self.steps_e[one], edges_e=self.edges_e[one],
        )  # fmt: skip

    def variance(self, expected: Tensor) -> Tensor:
        """Shot, dark, line and quantisation noise at expected e-; light is never below none."""
        return expected.clamp(min=0) + (self.dark + self.lines) + self._rounding(expected)

    def within(self, expected: Tensor, side: int) -> Tensor:
        """As `variance`; a line's noise is the same `side` times in a square."""
        return self.variance(expected) + (side - 1) * self.lines

    def _rounding(self, expected: Tensor) -> Tensor:
        if self.steps_e.shape[-1] == 1:
            return self.steps_e[:, :, None, None] ** 2 / 12
        rows = zip(self.edges_e, self.steps_e, expected, strict=True)
        found = [steps[torch.bucketize(light, edges)] for edges, steps, light in rows]
        return torch.stack(found) ** 2 / 12


def sensor_noise(frame: Frame) -> SensorNoiseAt:
    """Noise of a RAW or MOSAIC frame's sensor at the frame's ISO.

    Raises FrameError without profile or ISO, ProfileError where the profile has no noise there.
    """
    profile = frame.need_profile()
    noise = profile.at_iso(frame.shot.need("iso"))
    gain = noise.system_gain_dn_per_e.reshape(-1, 1, 1, 1)

    def flat(value: Tensor) -> Tensor:
        return value.reshape(-1, 1, 1, 1).expand(len(gain), 1, 1, 1)

    on, amplitude = profile.rts_occupancy, profile.rts_amplitude_e
    telegraph = profile.rts_fraction * amplitude**2 * on * (1 - on)
    sine = noise.banding_amplitude_e**2 / 2
    fixed = profile.dsnu_e**2 + profile.column_fpn_e**2 + profile.row_fpn_e**2
    edges, steps = _codes_e(profile, gain.reshape(-1, 1))
    return SensorNoiseAt(
        dark=flat(noise.read_deviation_e**2) + telegraph,
        lines=flat(noise.row_noise_e**2) + flat(noise.column_noise_e**2) + flat(sine),
        offset=flat(gain.new_tensor([fixed])),
        steps_e=steps,
        edges_e=edges,
    )


def _codes_e(profile: SensorProfile, gain: Tensor) -> tuple[Tensor, Tensor]:
    """Edges in e- between steps of the codes, and the steps: one step but behind a table."""
    table = gain.new_tensor(profile.linearization_table_dn)
    if len(table) < 2:
        return gain.new_zeros(len(gain), 0), 1 / gain
    black = sum(profile.black_level_dn) / len(profile.black_level_dn)
    return (table[1:-1] - black) / gain, torch.diff(table) / gain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureNoise:
    """Noise of a picture's linear light, 1.0 = its largest code: what its codes leave open.

    Nobody knows the sensor behind a picture, so white_e is an assumption: electrons of white.
    cells: (c, n) linear light that each code stands for; bounds: (c, n - 1), between them.
    code_error: by how many codes response and compression are taken to be wrong, alike for
        neighbouring pixels.
    """

    cells: Float[Tensor, "c n"]
    bounds: Float[Tensor, "c m"]
    white_e: float
    code_error: float
    offset: Float[Tensor, "#b 1 1 1"]

    def image(self, index: int) -> "PictureNoise":
        return self

    def variance(self, expected: Tensor) -> Tensor:
        """Shot noise of white_e and the rounding to codes at expected light."""
        return expected.clamp(min=0) / self.white_e + self._cell(self._code(expected)) ** 2 / 12

    def trust(self, light: Tensor) -> Tensor:
        """Share of its weight that a pixel keeps, by its own codes v = 0..1: 1 - |2 v - 1|.

        A response is least known where it bends to black and white; without a fade a wrong one
        shows as a seam. The least of the channels counts, as one clipped channel clips a pixel.
        By the pixel's own codes, not the expected ones: where the frames of a wrong response
        contradict each other, expectation has two answers, and speckles.

        Source: Debevec and Malik, SIGGRAPH 1997, equation 4.
        """
        place = 2 * self.codes(light) - 1
        return (1 - place.abs()).amin(dim=1, keepdim=True).clamp(min=LEAST_TRUST)

    def codes(self, light: Tensor) -> Tensor:
        """The code of light, 0 to 1."""
        return self._code(light).to(light.dtype) / (self.cells.shape[-1] - 1)

    def within(self, expected: Tensor, side: int) -> Tensor:
        """As `variance`; neighbours of one colour are rounded alike, and wrong alike."""
        alike = side**2 * (1 / 12 + self.code_error**2)
        return expected.clamp(min=0) / self.white_e + alike * self._cell(self._code(expected)) ** 2

    def _code(self, expected: Tensor) -> Tensor:
        """The code that stands for expected light, (b, c, h, w) integers."""
        planes = zip(expected.unbind(dim=1), self.bounds, strict=True)
        return torch.stack([torch.bucketize(p.contiguous(), b) for p, b in planes], dim=1)

    def _cell(self, code: Tensor) -> Tensor:
        planes = zip(code.unbind(dim=1), self.cells, strict=True)
        return torch.stack([cells[plane] for plane, cells in planes], dim=1)


def picture_noise(
    frame: Frame,
    response: Response,
    *,
    last_code: int = 255,
    white_e: float = 10_000.0,
    code_error: float = 1.0,
) -> PictureNoise:
    """Noise of a picture that was decoded by its response (LINEAR), from the codes it had.

    last_code: 255 of 8 bits. white_e, code_error: assumptions, see `PictureNoise`.
    """
    channels = frame.data.shape[1]
    between = (torch.arange(last_code, dtype=torch.float64) + 0.5) / last_code
    planes = between.reshape(1, 1, -1).expand(channels, 1, -1)
    bounds = response.decode(planes)[:, 0]  # (c, n - 1)
    ends = bounds.new_zeros(channels, 1), bounds.new_ones(channels, 1)
    cells = torch.diff(torch.cat([ends[0], bounds, ends[1]], dim=1))
    # Half of the first and of the last code's stretch lies beyond 0 and 1.
    cells[:, 0], cells[:, -1] = 2 * cells[:, 0], 2 * cells[:, -1]
    device = frame.data.device
    return PictureNoise(
        cells=cells.float().to(device),
        bounds=bounds.float().to(device),
        white_e=white_e,
        code_error=code_error,
        offset=torch.zeros(1, 1, 1, 1, device=device),
    )
