"""A sensor: expected electrons in, digital numbers out."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from isp.core.companding import compand
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import and_into, forget_defects, or_into, raw_masks
from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.adc import convert
from simulate.crosstalk import electrical_crosstalk
from simulate.effects.blooming import bloom
from simulate.effects.full_well import fill
from simulate.effects.read_noise import either_read_noise
from simulate.effects.shot_noise import largest_rate, shot_noise
from simulate.exposure import expose
from simulate.fixed_pattern import FixedPattern
from simulate.fused import cpu, gpu
from simulate.fused.maps import KernelMaps, KernelReadOut
from simulate.photosites import arriving, mean_electrons, mean_held
from simulate.read_out_noise import line_noise, offsets
from simulate.spectral import expose_spectral, is_spectral
from simulate.tile import black_level, seen_from

UNLIMITED_WELL_E = 2.0**23
PATTERNS_KEPT = 4  # maps of bodies and tiles that a Sensor remembers
Kernel = Callable[..., tuple[Tensor, Tensor, Tensor] | None]  # `capture` of `simulate.fused.cpu`


class Sensor:
    """The sensor of a profile. Noise sources act in the order of CONVENTIONS section 5.4.

    Nothing is random but for the seed: the same seed, shot and profile give the same DN, in any
    batch, tile or order. Fixed patterns come from `shot.body`, temporal noise from the seed.
    Each kind of crosstalk reaches one photosite beyond a tile, blooming along whole columns.

    size: height and width of the sensor, for tiles of one with shading; else a frame is it.
    """

    def __init__(self, profile: SensorProfile, size: tuple[int, int] | None = None) -> None:
        self._profile = profile
        self.size = size
        self._patterns: dict[tuple[object, ...], FixedPattern] = {}

    @property
    def profile(self) -> SensorProfile:
        """The sensor's numbers; another profile is another Sensor."""
        return self._profile

    def __getstate__(self) -> dict[str, object]:
        """Travel to other processes without the maps, which are drawn again."""
        return self.__dict__ | {"_patterns": {}}

    def expose(
        self,
        scene: Frame,
        shot: Shot,
        *,
        illuminant: str = "D65",
        luminance_scale_cd_m2: float | None = None,
    ) -> Frame:
        """Scene light to expected electrons; see `simulate.exposure.expose`.

        A scene of spectra goes by `simulate.spectral.expose_spectral`; the illuminant is then
        only what the camera is balanced for.

        Raises FrameError for a luminance scale with spectra, which are absolute.
        """
        if is_spectral(scene):
            if luminance_scale_cd_m2 is not None:
                raise FrameError(
                    "a spectral scene is radiance in W/(m2 sr nm) and takes no luminance scale"
                )
            return expose_spectral(scene, self.profile, shot, illuminant=illuminant)
        return expose(
            scene, self.profile, shot, illuminant=illuminant,
            luminance_scale_cd_m2=luminance_scale_cd_m2,
        )  # fmt: skip

    def capture(
        self,
        expected: Frame,
        seed: int,
        origin: tuple[int, int] = (0, 0),
        noise: SensorNoise | None = None,
    ) -> Frame:
        """Expected electrons to DN: `collect`, then `read_out`.

        noise: gain and noise per image in place of the profile's at the shot's ISO.
        Where `simulate.fused` knows all of the profile's effects, it is one compiled pass on a
        CPU and two kernels on a GPU with Triton; the electrons are the same, and the DN but for 1
        in at most 1e-4 of the photosites.

        Raises DomainError for a frame that is not EXPECTED.
        """
        self._take(expected, Domain.EXPECTED)
        for form in (cpu, gpu):
            if form.fits(self.profile, expected) and not (noise and noise.requires_grad):
                noise = noise or self.profile.at_iso(expected.shot.need("iso"))
                fused = self._capture_fused(form.capture, expected, seed, origin, noise)
                if fused is not None:
                    return fused
        return self.read_out(self.collect(expected, seed, origin), seed, origin, noise)

    def collect(self, expected: Frame, seed: int, origin: tuple[int, int] = (0, 0)) -> Frame:
        """Expected electrons to collected electrons.

        Shading, optical crosstalk, PRNU, dark signal, shot noise, blooming, full well and
        electrical crosstalk.
        origin: sensor row and column of the frame's first photosite, for tiles.

        Raises DomainError for a frame that is not EXPECTED.
        """
        self._take(expected, Domain.EXPECTED)
        profile, shot = self.profile, expected.shot
        pattern = self.pattern(shot.body, origin, expected.size, expected.data.device)
        light = arriving(expected, profile, origin, self.size)
        rate = mean_electrons(light, shot, profile, pattern)
        draws = Draws.temporal(seed, Effect.SHOT, profile.name, shot, origin)
        wells = torch.tensor(self._well, device=rate.device)
        wells = wells if pattern.wells is None else pattern.wells
        if profile.blooming_fraction > 0:
            self._refuse_part_of_a_column(expected, origin)
            freed = bloom(shot_noise(rate, draws), wells, profile.blooming_fraction)
        elif profile.full_well_knee < 1:
            freed = shot_noise(rate, draws)  # a bent well is not yet full at a little above full
        else:
            freed = shot_noise(rate, draws, largest_rate(float(wells.max())))
        electrons = fill(freed, wells, profile.full_well_knee)
        full = electrons >= wells
        electrons = electrical_crosstalk(
            electrons, profile.electrical_crosstalk, profile.cfa, origin
        )
        return expected.advance(
            "collect",
            {"seed": seed, "body": shot.body},
            data=electrons.float(),
            domain=Domain.ELECTRONS,
            measured=expected.measured & ~full,
            clipped=expected.clipped | full,
        )

    def read_out(
        self,
        collected: Frame,
        seed: int,
        origin: tuple[int, int] = (0, 0),
        noise: SensorNoise | None = None,
        read_out_seed: int | None = None,
    ) -> Frame:
        """Collected electrons to DN: offsets, RTS, read, row and column noise, banding, gain, ADC.

        noise: gain and noise per image in place of the profile's at the shot's ISO.
        read_out_seed: of read, row and column noise, for another read-out of the same electrons;
            RTS and banding stay the seed's.

        Raises DomainError for a frame that is not ELECTRONS.
        """
        self._take(collected, Domain.ELECTRONS)
        profile, shot = self.profile, collected.shot
        noise = noise or profile.at_iso(shot.need("iso"))
        pattern = self.pattern(shot.body, origin, collected.size, collected.data.device)
        electrons = collected.data.double()
        offset = offsets(profile, pattern, shot, seed, origin)
        if offset is not None:
            electrons = electrons + offset
        if pattern.column_gain is not None and profile.read_out_order == "eld":
            electrons = electrons * pattern.column_gain
        own = seed if read_out_seed is None else read_out_seed
        read = Draws.temporal(own, Effect.READ, profile.name, shot, origin)
        electrons = either_read_noise(electrons, noise, read)
        rows, columns = line_noise(profile, shot, noise, collected.size, seed, origin, own)
        electrons = electrons + rows + columns
        if pattern.column_gain is not None and profile.read_out_order == "emva":
            electrons = electrons * pattern.column_gain
        return self._digitise(collected, electrons, noise, origin, {"seed": seed})

    def expected_dn(self, expected: Frame, origin: tuple[int, int] = (0, 0)) -> Frame:
        """The truth of a capture: expected DN without any noise or fixed pattern, rounded.

        Shading, crosstalk, mean dark signal, full well, black level and the ADC's range are in it.
        """
        held = self.mean_held(expected, origin)
        noise = self.profile.at_iso(expected.shot.need("iso"))
        exact = replace(noise, colour_bias_dn=torch.zeros_like(noise.colour_bias_dn))
        return self._digitise(expected, held.double(), exact, origin, {"noise": False})

    def mean_held(self, expected: Frame, origin: tuple[int, int] = (0, 0)) -> Tensor:
        """Mean electrons that each well holds, (b, 1, h, w) float32: `collect` without its draws.

        Shading, crosstalk, mean dark signal and full well; no fixed pattern.
        """
        self._take(expected, Domain.EXPECTED)
        return mean_held(expected, self.profile, self._well, origin, self.size)

    def pattern(
        self, body: int, origin: tuple[int, int], size: tuple[int, int], device: torch.device
    ) -> FixedPattern:
        """The maps of a body over a region; the last few are remembered."""
        key = (int(body), tuple(origin), tuple(size), device)
        if key not in self._patterns:
            while len(self._patterns) >= PATTERNS_KEPT:
                self._patterns.pop(next(iter(self._patterns)), None)
            self._patterns[key] = FixedPattern.of(self.profile, body, origin, size, device)
        return self._patterns[key]

    @property
    def _well(self) -> float:
        """Whole electrons that a photosite holds."""
        return float(math.floor(self.profile.full_well_e or UNLIMITED_WELL_E))

    def _capture_fused(
        self,
        kernel: Kernel,
        expected: Frame,
        seed: int,
        origin: tuple[int, int],
        noise: SensorNoise,
    ) -> Frame | None:
        """`capture` by a kernel; None where the readable chain must say what is wrong."""
        profile, shot = self.profile, expected.shot
        pattern = self.pattern(shot.body, origin, expected.size, expected.data.device)
        maps = KernelMaps.of(pattern, expected, profile)
        if profile.shading or profile.optical_crosstalk:
            light = arriving(expected, profile, origin, self.size)
            maps = KernelMaps.whole(mean_electrons(light, shot, profile, pattern))
        lines = line_noise(profile, shot, noise, expected.size, seed, origin)
        read_out = KernelReadOut(
            offset_e=offsets(profile, pattern, shot, seed, origin),
            column_gain=pattern.column_gain,
            rows_e=lines[0],
            columns_e=lines[1],
            black_dn=black_level(profile, noise, origin, (profile.cfa.period[0], expected.size[1])),
        )
        tile = seen_from(profile, origin)
        result = kernel(expected, tile, noise, maps, read_out, self._well, seed, origin)
        if result is None:
            return None
        dn, measured, clipped = result
        forget_defects(measured, clipped, tile)
        collected = expected.advance(
            "collect", {"seed": seed, "body": shot.body}, domain=Domain.ELECTRONS
        )
        return collected.advance(
            "read_out",
            {"seed": seed},
            data=dn,
            domain=Domain.RAW,
            profile=tile,
            measured=and_into(measured, expected.measured),
            clipped=or_into(clipped, expected.clipped),
        )

    def _digitise(
        self,
        frame: Frame,
        electrons: Tensor,
        noise: SensorNoise,
        origin: tuple[int, int],
        parameters: dict[str, int | bool],
    ) -> Frame:
        profile = seen_from(self.profile, origin)
        black = black_level(self.profile, noise, origin, frame.size)
        dn = convert(electrons, noise.system_gain_dn_per_e, black, profile.bit_depth)
        dn = compand(dn, profile.linearization_table_dn)
        measured, clipped = raw_masks(dn.detach(), profile, frame.shot.iso, noise)
        return frame.advance(
            "read_out",
            parameters,
            data=dn,
            domain=Domain.RAW,
            profile=profile,
            measured=and_into(measured, frame.measured),
            clipped=or_into(clipped, frame.clipped),
        )

    def _take(self, frame: Frame, domain: Domain) -> None:
        if frame.domain is not domain:
            raise DomainError(f"Sensor takes {domain.name} here, but got {frame.domain.name}")
        if frame.profile is not None and frame.profile.name != self.profile.name:
            raise FrameError(
                f'the frame was exposed for "{frame.profile.name}", not "{self.profile.name}"'
            )

    def _refuse_part_of_a_column(self, frame: Frame, origin: tuple[int, int]) -> None:
        height = frame.size[0] if self.size is None else self.size[0]
        if origin[0] != 0 or frame.size[0] != height:
            raise UsageError(
                f"blooming runs along whole columns of {height} rows, but the tile has "
                f"{frame.size[0]} from row {origin[0]}"
            )
