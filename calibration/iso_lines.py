"""Lines of log noise against log gain over all ISOs of a camera, before and after its switch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from calibration.noise import NoiseAtIso
from calibration.noise_lines import LEAST_POINTS, NoiseLine, gain_switch, noise_line
from calibration.uncertainty import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoLine:
    """One kind of noise over one conversion gain: the points, and the line where there are two.

    isos, gains_dn_per_e, sigmas_dn: rising gain; only ISOs where that noise was seen.
    """

    quantity: str
    branch: int
    isos: tuple[float, ...]
    gains_dn_per_e: tuple[float, ...]
    sigmas_dn: tuple[float, ...]
    line: NoiseLine | None

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        line = self.line
        return {
            "quantity": self.quantity,
            "branch": self.branch,
            "isos": list(self.isos),
            "system_gain_dn_per_e": list(self.gains_dn_per_e),
            "sigma_dn": list(self.sigmas_dn),
            "slope": line and line.slope,
            "intercept": line and line.intercept,
            "scatter": line and line.scatter,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoLines:
    """All lines, and the first ISO of the higher conversion gain, None where there is one."""

    lines: tuple[IsoLine, ...]
    switch_iso: float | None

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "switch_iso": self.switch_iso,
            "lines": [line.record() for line in self.lines],
        }


KINDS: dict[str, Callable[[NoiseAtIso], Figure | None]] = {
    "read_noise": lambda at: at.own_noise_e,
    "row_noise": lambda at: at.lines.row if at.lines else None,
    "tukey_lambda_scale": lambda at: at.law.scale_e if at.law else None,
}


def iso_lines(found: Sequence[NoiseAtIso]) -> IsoLines:
    """Fit ln sigma = slope ln K + intercept for each kind of noise and conversion gain.

    found: of one ISO or several, any order.

    Source: ELD (Wei et al. 2021), section IV-C; PMN (Feng et al. 2022) for the switch.
    """
    found = sorted(found, key=lambda each: each.figures["system_gain_dn_per_e"].value or 0.0)
    points = {
        kind: [
            (at.iso, gain, figure.value * gain)
            for at in found
            if (gain := at.figures["system_gain_dn_per_e"].value)
            and (figure := of(at))
            and figure.value
        ]
        for kind, of in KINDS.items()
    }
    read = points["read_noise"]
    switch = gain_switch([g for _, g, _ in read], [s for _, _, s in read]) if read else None
    switch_gain = None if switch is None else read[switch][1]
    lines = []
    for kind, all_points in points.items():
        for branch in (0, 1):
            chosen = [
                point
                for point in all_points
                if (switch_gain is not None and point[1] >= switch_gain) == bool(branch)
            ]
            if not chosen:
                continue
            isos, gains, sigmas = zip(*chosen, strict=True)
            lines.append(
                IsoLine(
                    quantity=kind,
                    branch=branch,
                    isos=isos,
                    gains_dn_per_e=gains,
                    sigmas_dn=sigmas,
                    line=noise_line(gains, sigmas) if len(chosen) >= LEAST_POINTS else None,
                )
            )
    return IsoLines(lines=tuple(lines), switch_iso=None if switch is None else read[switch][0])
