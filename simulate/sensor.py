"""A sensor: expected electrons in, digital numbers out."""

import math
from dataclasses import replace

from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.rng import Draws, Effect
from isp.core.sensor import Defect, SensorNoise, SensorProfile
from isp.core.shot import Shot
from simulate.adc import convert
from simulate.effects.dark_signal import dark_rate
from simulate.effects.dsnu import dsnu
from simulate.effects.prnu import prnu
from simulate.effects.read_noise import read_noise
from simulate.effects.row_noise import row_noise
from simulate.effects.shot_noise import collect
from simulate.exposure import expose

UNLIMITED_WELL_E = 2.0**23


class Sensor:
    """The sensor of a profile. Noise sources act in the order of CONVENTIONS section 5.4.

    Nothing is random but for the seed: the same seed, shot and profile give the same DN, in any
    batch, tile or order. Fixed patterns come from `shot.body`, temporal noise from the seed.
    """

    def __init__(self, profile: SensorProfile) -> None:
        self.profile = profile

    def expose(
        self,
        scene: Frame,
        shot: Shot,
        *,
        illuminant: str = "D65",
        luminance_scale_cd_m2: float | None = None,
    ) -> Frame:
        """Scene light to expected electrons; see `simulate.exposure.expose`."""
        return expose(
            scene, self.profile, shot, illuminant=illuminant,
            luminance_scale_cd_m2=luminance_scale_cd_m2,
        )  # fmt: skip

    def capture(self, expected: Frame, seed: int, origin: tuple[int, int] = (0, 0)) -> Frame:
        """Expected electrons to DN: `collect`, then `read_out`."""
        return self.read_out(self.collect(expected, seed, origin), seed, origin)

    def collect(self, expected: Frame, seed: int, origin: tuple[int, int] = (0, 0)) -> Frame:
        """Expected electrons to collected electrons: PRNU, dark signal, shot noise, full well.

        origin: sensor row and column of the frame's first photosite, for tiles.

        Raises DomainError for a frame that is not EXPECTED.
        """
        self._take(expected, Domain.EXPECTED)
        shot = expected.shot
        fixed = Draws.fixed(shot.body, Effect.PRNU, self.profile.name, origin)
        rate = prnu(expected.data.double(), self.profile.prnu_percent, fixed) + self._dark(shot)
        well = self.profile.full_well_e or UNLIMITED_WELL_E
        draws = Draws.temporal(seed, Effect.SHOT, self.profile.name, shot, origin)
        electrons = collect(rate.float(), well, draws)
        full = electrons >= float(math.floor(well))
        return expected.advance(
            "collect",
            {"seed": seed, "body": shot.body},
            data=electrons,
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
    ) -> Frame:
        """Collected electrons to DN: DSNU, read noise, row noise, gain, black level, ADC.

        noise: gain and noise per image in place of the profile's at the shot's ISO.

        Raises DomainError for a frame that is not ELECTRONS.
        """
        self._take(collected, Domain.ELECTRONS)
        shot, name = collected.shot, self.profile.name
        noise = noise or self.profile.at_iso(shot.need("iso"))
        fixed = Draws.fixed(shot.body, Effect.DSNU, name, origin)
        electrons = dsnu(collected.data.double(), self.profile.dsnu_e, fixed)
        read_draws = Draws.temporal(seed, Effect.READ, name, shot, origin)
        electrons = read_noise(electrons, noise.read_noise_e, read_draws)
        row_draws = Draws.temporal(seed, Effect.ROW, name, shot, origin)
        electrons = row_noise(electrons, noise.row_noise_e, row_draws)
        return self._digitise(collected, electrons, noise, origin, {"seed": seed})

    def expected_dn(self, expected: Frame) -> Frame:
        """The truth of a capture: expected DN without any noise or fixed pattern, rounded.

        Mean dark signal, full well, black level and the ADC's range are in it.
        """
        self._take(expected, Domain.EXPECTED)
        mean = expected.data.double() + self._dark(expected.shot)
        well = self.profile.full_well_e or UNLIMITED_WELL_E
        noise = self.profile.at_iso(expected.shot.need("iso"))
        return self._digitise(expected, mean.clamp(max=well), noise, (0, 0), {"noise": False})

    def _digitise(
        self,
        frame: Frame,
        electrons: Tensor,
        noise: SensorNoise,
        origin: tuple[int, int],
        parameters: dict[str, int | bool],
    ) -> Frame:
        profile = self.profile if origin == (0, 0) else _seen_from(self.profile, *origin)
        black = profile.cfa.spread_sites(profile.black_sites.to(electrons.device), *frame.size)
        dn = convert(electrons, noise.system_gain_dn_per_e, black, profile.bit_depth)
        measured, clipped = raw_masks(dn.detach(), profile, frame.shot.iso)
        return frame.advance(
            "read_out",
            parameters,
            data=dn,
            domain=Domain.RAW,
            profile=profile,
            measured=measured & frame.measured,
            clipped=clipped | frame.clipped,
        )

    def _dark(self, shot: Shot) -> Tensor | float:
        if self.profile.dark_current_e_per_s == 0:
            return 0.0
        return dark_rate(self.profile, shot.need("exposure_time_s")).reshape(-1, 1, 1, 1)

    def _take(self, frame: Frame, domain: Domain) -> None:
        if frame.domain is not domain:
            raise DomainError(f"Sensor takes {domain.name} here, but got {frame.domain.name}")
        if frame.profile is not None and frame.profile.name != self.profile.name:
            raise FrameError(
                f'the frame was exposed for "{frame.profile.name}", not "{self.profile.name}"'
            )


def _seen_from(profile: SensorProfile, y: int, x: int) -> SensorProfile:
    """The profile of a tile: colours, black levels and defects count from its first photosite."""
    rows, columns = profile.cfa.period
    levels = tuple(
        profile.black_level_dn[(y + i) % rows * columns + (x + j) % columns]
        for i in range(rows)
        for j in range(columns)
    )
    defects = tuple(
        Defect(row=d.row - y, column=d.column - x)
        for d in profile.defects
        if d.row >= y and d.column >= x
    )
    return replace(profile, cfa=profile.cfa.crop(y, x), black_level_dn=levels, defects=defects)
