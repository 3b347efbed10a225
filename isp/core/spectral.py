"""What a sensor makes of each wavelength: quantum efficiency per colour filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.cfa import ORDER
from isp.core.errors import ProfileError
from isp.core.wavelengths import check_wavelengths

Matrix = NDArray[np.float64]
BAND_NM = (400.0, 700.0)  # of eta-bar, CONVENTIONS section 5.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralSensitivity:
    """Quantum efficiency of each channel over wavelength: electrons per photon that arrives.

    wavelengths_nm: rising, in nanometres.
    quantum_efficiency: channel name of the CFA to one value in 0..1 per wavelength. The colour
        filter is in it, and the infrared cut too unless a transmittance is given when exposing.

    Between the wavelengths it is linear; outside them it is 0.

    >>> s = SpectralSensitivity(wavelengths_nm=(500, 600), quantum_efficiency={"Y": (0.2, 0.6)})
    >>> s.sampled(("Y",), (450, 500, 550, 600)).round(6).tolist()
    [[0.0, 0.2, 0.4, 0.6]]
    """

    wavelengths_nm: tuple[float, ...]
    quantum_efficiency: Mapping[str, tuple[float, ...]]

    def __post_init__(self) -> None:
        """Check what every user relies on."""
        _check("a spectral sensitivity", self.wavelengths_nm, self.quantum_efficiency)
        for channel, values in self.quantum_efficiency.items():
            worst = max(values)
            if worst > 1:
                raise ProfileError(
                    f"the quantum efficiency of {channel} reaches {worst:g}, but is at most 1 "
                    "electron per photon; a relative sensitivity must be scaled first"
                )

    def need(self, channels: Sequence[str]) -> None:
        """Check that every channel of a CFA is here.

        Raises ProfileError naming those that are not.
        """
        missing = [c for c in channels if c not in self.quantum_efficiency]
        if missing:
            raise ProfileError(
                f"the spectral sensitivity has {', '.join(self.quantum_efficiency)}, but the CFA "
                f"needs {', '.join(missing)} too"
            )

    def sampled(self, channels: Sequence[str], wavelengths_nm: Sequence[float]) -> Matrix:
        """Quantum efficiency (channels, wavelengths) at other wavelengths, linear between ours.

        Raises ProfileError for a channel that is not here.
        """
        self.need(channels)
        known = self.quantum_efficiency
        return np.array(
            [
                np.interp(wavelengths_nm, self.wavelengths_nm, known[c], left=0.0, right=0.0)
                for c in channels
            ]
        )

    def mean_efficiency(self, channel: str) -> float:
        """Mean over 400-700 nm: electrons per photon of light with equal photons everywhere.

        Raises ProfileError for a channel that is not here.
        """
        self.need((channel,))
        return _band_mean(self.wavelengths_nm, self.quantum_efficiency[channel])


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeSensitivity:
    """Sensitivities up to a factor, as cameras are usually measured.

    name: the camera. source: where the numbers come from, licence included.
    per: `energy` when a value is signal per watt, as rawtoaces, ISO 17321-1 and colour-science
        have it; `photon` when it is signal per photon, as quantum efficiency is.
    values: channel to one value, at least 0, per wavelength.
    """

    name: str
    wavelengths_nm: tuple[float, ...]
    values: Mapping[str, tuple[float, ...]]
    per: str = "energy"
    source: str = ""

    def __post_init__(self) -> None:
        """Check what every user relies on."""
        if self.per not in ("energy", "photon"):
            raise ProfileError(f'a sensitivity is per "energy" or "photon", not "{self.per}"')
        _check(f'the sensitivity of "{self.name}"', self.wavelengths_nm, self.values)

    @property
    def has_equal_peaks(self) -> bool:
        """Whether each channel was scaled to its own peak, so that their balance is not known."""
        peaks = [max(v) for v in self.values.values()]
        return len(peaks) > 1 and max(peaks) - min(peaks) <= 1e-3 * max(peaks)

    def per_photon(self) -> dict[str, Matrix]:
        """Relative quantum efficiency: a photon carries hc / wavelength, so per watt / wavelength.

        >>> flat = RelativeSensitivity(
        ...     name="flat", wavelengths_nm=(400, 800), values={"Y": (1.0, 1.0)})
        >>> [round(v, 5) for v in (flat.per_photon()["Y"] * 400).tolist()]
        [1.0, 0.5]
        """
        photons_per_energy = np.array(self.wavelengths_nm) if self.per == "energy" else 1.0
        return {c: np.array(v) / photons_per_energy for c, v in self.values.items()}

    def with_mean_efficiency(
        self, quantum_efficiency: float, channel: str = "G"
    ) -> SpectralSensitivity:
        """Absolute sensitivity whose channel has this mean over 400-700 nm; the others follow.

        quantum_efficiency: CONVENTIONS' eta-bar for light with equal photons at all wavelengths.

        Raises ProfileError for an unknown channel, or when a peak would pass 1.
        """
        relative = self.per_photon()
        if channel not in relative:
            raise ProfileError(f'"{self.name}" has {", ".join(relative)}, no channel {channel}')
        mean = _band_mean(self.wavelengths_nm, relative[channel])
        if not mean > 0:
            raise ProfileError(f'{channel} of "{self.name}" sees nothing within 400-700 nm')
        return self._scaled(quantum_efficiency, mean)

    def with_peak_efficiency(self, quantum_efficiency: float) -> SpectralSensitivity:
        """Absolute sensitivity whose highest quantum efficiency, of all channels, is this.

        Raises ProfileError for a value outside 0..1.
        """
        peak = max(float(v.max()) for v in self.per_photon().values())
        return self._scaled(quantum_efficiency, peak)

    def _scaled(self, wanted: float, found: float) -> SpectralSensitivity:
        if not 0 < wanted <= 1:
            raise ProfileError(f"a quantum efficiency is above 0 and at most 1, not {wanted:g}")
        scaled = {c: v / found * wanted for c, v in self.per_photon().items()}
        # Dividing by the peak itself may land one rounding above what was asked.
        values = {c: tuple(np.where(np.isclose(v, 1, rtol=1e-12), 1, v).tolist())
                  for c, v in scaled.items()}  # fmt: skip
        return SpectralSensitivity(wavelengths_nm=self.wavelengths_nm, quantum_efficiency=values)


def _check(what: str, wavelengths_nm: tuple[float, ...], values: Mapping[str, object]) -> None:
    trouble = check_wavelengths(wavelengths_nm)
    if trouble is not None:
        raise ProfileError(f"{what}: {trouble}")
    unknown = [c for c in values if c not in ORDER]
    if unknown or not values:
        found = ", ".join(unknown) if unknown else "none"
        raise ProfileError(f"{what} has channels among {', '.join(ORDER)}, but found {found}")
    for channel, row in values.items():
        numbers = np.asarray(row, dtype=np.float64)
        if numbers.shape != (len(wavelengths_nm),):
            raise ProfileError(
                f"{what}: {len(wavelengths_nm)} wavelengths need as many values, but {channel} "
                f"has {numbers.size}"
            )
        if not np.isfinite(numbers).all() or numbers.min() < 0 or numbers.max() <= 0:
            raise ProfileError(
                f"{what}: the values of {channel} are finite, at least 0 and not all 0"
            )


def _band_mean(wavelengths_nm: tuple[float, ...], values: Sequence[float] | Matrix) -> float:
    """Mean of the piecewise linear curve over 400-700 nm, exact; 0 where it is not known."""
    low, high = max(BAND_NM[0], wavelengths_nm[0]), min(BAND_NM[1], wavelengths_nm[-1])
    if not low < high:
        return 0.0
    grid = np.array([low, *(w for w in wavelengths_nm if low < w < high), high])
    curve = np.interp(grid, wavelengths_nm, values)
    area = ((curve[1:] + curve[:-1]) / 2 * np.diff(grid)).sum()
    return float(area / (BAND_NM[1] - BAND_NM[0]))
