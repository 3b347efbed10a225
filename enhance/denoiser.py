"""The raw denoiser: a mosaic in, the mosaic that a longer exposure would have given out."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from enhance.conserved_light import CELL, conserved
from enhance.conserved_light import REACH as AROUND
from enhance.even_padding import mirrored
from enhance.exposure_diffusion import Captured, Growth, refined
from enhance.filled_light import REACH, filled
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.schedule import check_ratio, exposures
from enhance.tiling import in_tiles
from enhance.weights import load_weights, read_card
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.merged_white import BRIGHTENED
from isp.core.mosaic_noise import check_noise, noise_of
from isp.core.rng import Draws, Effect
from isp.core.stage import Stage

MODEL = "fw-1m"
SCALES = ("ratio", "same")
PRECISIONS = ("float32", "bfloat16")


class ExposureDiffusion(Stage):
    """Denoise a Bayer mosaic as if it had been exposed `ratio` times as long.

    model: name of shipped weights, or a .safetensors file with its card.
    ratio: of exposures, 1 or more. scale: `ratio` gives the light of the longer exposure, 1.0 =
        its white, and what lies above; `same` keeps the input's scale.
    steps: refining steps after the first pass; the increments are drawn by `seed`.
    spacing, increment: see `enhance.schedule.exposures` and `Growth`.
    strength: 0..1, share of the result in a mixture with the input.
    precision: `float32`, or `bfloat16` inside the network.
    noise: slope and offset of var = slope x + offset (a DNG's NoiseProfile) in place of the
        profile's.

    The black-level error that the profile knows at the ISO is taken off first. Every value rests
    on measured photosites only, so the masks stay; what was clipped stays at least as bright as
    it came. Light round about is what was measured: see `conserved`.

    Comes after black level and defects and before white balance.

    Raises UsageError for settings that make no sense; FrameError when nothing is known of the
    noise; MissingError or FileError for weights.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), Algorithm 2.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(
        self,
        cfa: Cfa,
        model: str = MODEL,
        ratio: float = 1.0,
        scale: str = "same",
        steps: int = 0,
        spacing: str = "linear",
        increment: str = "cumulative",
        strength: float = 1.0,
        precision: str = "float32",
        seed: int = 0,
        noise: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        if not cfa.is_bayer:
            raise UsageError(f"the raw denoiser takes a Bayer mosaic, not {cfa.name}")
        if scale not in SCALES or precision not in PRECISIONS:
            raise UsageError(
                f"scale is {' or '.join(SCALES)} and precision {' or '.join(PRECISIONS)}, "
                f"not {scale} and {precision}"
            )
        if not 0 < strength <= 1:
            raise UsageError(f"strength is above 0 and at most 1, not {strength}")
        check_ratio(ratio)
        check_noise(noise)
        self.cfa, self.model, self.ratio, self.scale = cfa, model, float(ratio), scale
        self.steps, self.spacing, self.strength, self.precision = (
            steps,
            spacing,
            strength,
            precision,
        )
        self.exposures = exposures(ratio, steps, spacing)
        self.growth, self.seed, self.noise = Growth(increment=increment), seed, noise
        card = read_card(model)
        self.weights_sha256 = card.sha256
        self.weights_name = card.name
        net = raw_net(card.network)
        load_weights(net, model).requires_grad_(False)
        # Four fifths of the time on a CPU, the same sums in another order.
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has it
        self.net: RawNet = net
        self.lead = _lead(cfa)
        self.aligned = 2 * math.lcm(net.multiple, CELL)
        # A tile's margin also holds what the phase was led in by.
        self.halo = 2 * (net.halo * (steps + 1) + REACH + AROUND) + max(self.lead)
        if net.pools_frame:
            self.tileable = False  # type: ignore[misc]  # the network's own

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        try:
            noise = noise_of(frame, self.noise)
        except (FrameError, ProfileError) as error:
            raise FrameError(
                f"the denoiser must know the noise ({error}); take a camera whose noise is known, "
                "or set its noise to SLOPE,OFFSET"
            ) from error
        masks = frame.measured.float(), frame.clipped.float()
        return frame.data, *masks, noise, _black_error(frame, self.cfa)

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        measured: Float[Tensor, "b 1 h w"],
        clipped: Float[Tensor, "b 1 h w"],
        noise: Float[Tensor, "b 3"],
        black_error: Float[Tensor, "b 4"],
    ) -> Float[Tensor, "b 1 h w"]:
        """One pass: no step is drawn. measured, clipped: 1 where a photosite was.

        noise: c0 and c1 of the variance c0 + c1 x of light x. black_error: of each site, in the
        mosaic's unit, row-major.
        """

        def estimate(captured: Captured) -> Tensor:
            amplified = captured.amplified(captured.electrons, 1.0)
            value: Tensor = self.net(amplified, captured.white_e, captured.dark_variance_e2)
            return value

        inputs = mosaic, measured, clipped, noise, black_error
        return self._denoised(inputs, estimate)

    def computed(self, frame: Frame, inputs: tuple[Tensor, ...]) -> Tensor:
        """`forward`, or all passes with the increments between them drawn."""
        half = self.precision == "bfloat16"
        lower = torch.autocast(frame.data.device.type, torch.bfloat16) if half else None
        with lower or contextlib.nullcontext():
            if self.steps == 0:
                return super().computed(frame, inputs)
            window = frame.window
            top, left = (window.top, window.left) if window else (0, 0)
            draws = Draws.temporal(
                self.seed, Effect.NETWORK, self.weights_name, frame.shot, (top, left)
            )

            def estimate(captured: Captured) -> Tensor:
                return refined(self.net, captured, self.exposures, draws, self.growth)

            return self._denoised(inputs, estimate)

    def develop(self, frame: Frame) -> Frame:
        """Run the stage; a large frame by tiles, the same values in a fraction of the memory."""
        return in_tiles(self, frame, super().develop)

    def _denoised(
        self, inputs: tuple[Tensor, ...], estimate: Callable[[Captured], Tensor]
    ) -> Tensor:
        mosaic, measured, clipped, noise, black_error = inputs
        height, width = mosaic.shape[-2:]
        known = mosaic - self.cfa.spread_sites(black_error, height, width)
        planes, sound, lost = (self._packed(picture) for picture in (known, measured, clipped))
        slope, offset = (noise[:, i].reshape(-1, 1, 1, 1) for i in (1, 0))
        captured = Captured(
            electrons=filled(planes, sound, lost) / slope,
            white_e=1 / (slope * self.ratio),
            # Squared after the division: c0 / c1^2 of a quiet sensor is beyond float32's range.
            dark_variance_e2=(offset.sqrt() / slope).square(),
        )
        # 1.0 = white of the longer exposure
        amplified = captured.amplified(captured.electrons, 1.0)
        reference = conserved(estimate(captured).float(), amplified, sound)
        down, right = self.lead
        whole = Cfa.RGGB.unpack(reference, 2 * planes.shape[-2], 2 * planes.shape[-1])
        found = whole[..., down : down + height, right : right + width]
        factor = self.ratio if self.scale == "ratio" else 1.0
        own = known * factor
        found = found * (factor / self.ratio)
        mixed = own + self.strength * (found - own)
        return torch.where(clipped > 0, torch.maximum(mixed, own), mixed)

    def _packed(self, mosaic: Tensor) -> Tensor:
        """Planes R, G1, G2, B: led in so that red comes first, filled up to what the net takes."""
        for dim, lead in zip((-2, -1), self.lead, strict=True):
            mosaic = mirrored(mosaic, dim, lead, self.aligned)
        batch, _, height, width = mosaic.shape
        cells = mosaic.reshape(batch, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3)
        return cells.reshape(batch, 4, height // 2, width // 2)

    def settings(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "model": self.model, "weights_sha256": self.weights_sha256, "ratio": self.ratio,
            "scale": self.scale, "strength": self.strength, "precision": self.precision,
            "steps": self.steps, "seed": self.seed,
        }  # fmt: skip
        if self.steps:
            said |= {"spacing": self.spacing, "increment": self.growth.increment}
        return said

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        said = {"variance": inputs[3].tolist(), "black_error": inputs[4].tolist()}
        if self.scale == "ratio":
            said[BRIGHTENED] = [self.ratio] * len(inputs[0])
        return said


def _lead(cfa: Cfa) -> tuple[int, int]:
    """Rows and columns to put before a Bayer mosaic so that it begins with red.

    >>> _lead(Cfa.GRBG), _lead(Cfa.RGGB), _lead(Cfa.BGGR)
    ((0, 1), (0, 0), (1, 1))
    """
    return next((y, x) for y in range(2) for x in range(2) if cfa.pattern[y][x] == "R")


def _black_error(frame: Frame, cfa: Cfa) -> Float[Tensor, "b 4"]:
    """What the profile knows of the black level's error at the shot's ISO, as light."""
    profile, iso = frame.profile, frame.shot.iso
    none = frame.data.new_zeros(frame.data.shape[0], 4)
    if profile is None or iso is None or not any(r.colour_bias_dn for r in profile.readings):
        return none
    span = profile.white_level_dn - profile.black_sites
    error: Tensor = profile.at_iso(iso.cpu()).colour_bias_dn / span
    return none + error.to(none.device)
