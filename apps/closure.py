"""Closure: simulate a camera's captures, calibrate them blind, and compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from apps.capture_session import Plan, plan_for, saturation_e, session
from calibration.camera import of_sites
from calibration.noise import NoiseAtIso, measure_noise
from calibration.photon_transfer import HIDDEN
from calibration.uncertainty import Figure, not_measured
from isp.core.sensor import SensorProfile
from isp.core.tukey_deviation import tukey_lambda_deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How far a figure may be off: by a share of the truth, or by so much, whichever is more."""

    relative: float = 0.0
    absolute: float = 0.0

    def of(self, truth: float) -> float:
        """Return the largest departure allowed."""
        return max(self.relative * abs(truth), self.absolute)


LIMITS = {
    "system_gain_dn_per_e": Limit(relative=0.005),
    "read_noise_e": Limit(relative=0.01, absolute=0.02),
    "full_well_e": Limit(relative=0.005),
    "quantum_efficiency": Limit(relative=0.01),
    "prnu_percent": Limit(relative=0.02),
    "dsnu_e": Limit(relative=0.02),
    "row_noise_e": Limit(relative=0.05),
    "tukey_lambda_shape": Limit(absolute=0.02),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One quantity of the profile beside what was measured.

    truth: None where the profile has none of it. ok: within the limit; and where the converter's
    step hides it, whether that was said in place of a number.
    """

    quantity: str
    truth: float | None
    measured: Figure
    limit: float | None
    ok: bool

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "quantity": self.quantity,
            "truth": self.truth,
            "measured": self.measured.record(),
            "limit": self.limit,
            "ok": self.ok,
        }


def close_loop(
    profile: SensorProfile, iso: float, *, plan: Plan | None = None, seed: int = 0, body: int = 0
) -> tuple[Comparison, ...]:
    """Photograph flats and darks with a camera of known numbers, measure them, and compare.

    plan: how many captures; without it, enough for the camera's own dark pattern.

    Raises ProfileError for an ISO that the profile does not have.
    """
    plan = plan or plan_for(profile, iso)
    found = measure_noise(session(profile, iso, plan, seed=seed, body=body), iso)
    truths, figures = truth_of(profile, iso), measured_figures(found)
    return tuple(_compare(name, truths[name], figures[name]) for name in LIMITS)


def truth_of(profile: SensorProfile, iso: float) -> Mapping[str, float | None]:
    """The profile's own numbers, by the names of `LIMITS`; None where it has none."""
    noise = profile.at_iso(torch.tensor([iso]))
    gain = float(noise.system_gain_dn_per_e[0])
    scale = float(noise.tukey_lambda_scale_e[0])
    shape = float(noise.tukey_lambda_shape[0]) if scale else None
    own = float(noise.read_noise_e[0]) if shape is None else scale * tukey_lambda_deviation(shape)
    return {
        "system_gain_dn_per_e": gain,
        "read_noise_e": own,
        "full_well_e": saturation_e(profile, iso),
        "quantum_efficiency": profile.quantum_efficiency,
        "prnu_percent": profile.prnu_percent or None,
        "dsnu_e": profile.dsnu_e or None,
        "row_noise_e": float(noise.row_noise_e[0]) or None,
        "tukey_lambda_shape": shape,
    }


def measured_figures(found: NoiseAtIso) -> Mapping[str, Figure]:
    """What was measured, by the names of `LIMITS`."""
    none = not_measured("no dark stack is there")
    return {
        "system_gain_dn_per_e": found.figures["system_gain_dn_per_e"],
        "read_noise_e": found.own_noise_e,
        "full_well_e": found.figures["full_well_e"],
        "quantum_efficiency": found.figures["quantum_efficiency"],
        "prnu_percent": of_sites(found.prnu),
        "dsnu_e": of_sites(found.dsnu),
        "row_noise_e": found.lines.row if found.lines else none,
        "tukey_lambda_shape": found.law.shape if found.law else none,
    }


def _compare(quantity: str, truth: float | None, measured: Figure) -> Comparison:
    if HIDDEN in measured.reason:
        return Comparison(quantity=quantity, truth=truth, measured=measured, limit=None, ok=True)
    if truth is None:
        return Comparison(quantity=quantity, truth=None, measured=measured, limit=None, ok=True)
    limit = LIMITS[quantity].of(truth)
    ok = measured.value is not None and abs(measured.value - truth) <= limit
    return Comparison(quantity=quantity, truth=truth, measured=measured, limit=limit, ok=ok)


def table(rows: Mapping[float, tuple[Comparison, ...]]) -> str:
    """All comparisons as text, a line each."""
    lines = [f"{'ISO':>7}  {'quantity':22}{'profile':>12}{'measured':>12}{'limit':>11}"]
    for iso, found in rows.items():
        for row in found:
            truth, limit = _short(row.truth), _short(row.limit)
            lines.append(
                f"{iso:7g}  {row.quantity:22}{truth:>12}{_short(row.measured.value):>12}"
                f"{limit:>11}  {_verdict(row)}"
            )
    return "\n".join(lines)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _verdict(row: Comparison) -> str:
    if not row.ok:
        return "OUTSIDE"
    if HIDDEN in row.measured.reason:
        return row.measured.reason.split(":")[0]
    return "not in profile" if row.limit is None else "ok"
