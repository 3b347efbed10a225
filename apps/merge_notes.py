"""What a merge says of itself: its figures, what it did unasked, and what a user should know."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apps.merged_dng import Rounding
from isp.core.domain import Domain
from isp.merge.bracket import Merged

LOUD = 2.0  # times the noise, from which the typical difference of frames is said
LITTLE = 0.5  # of a frame's usable samples: less of it is worth a warning


def said_of(merged: Merged) -> dict[str, Any]:
    """The figures of a merge, for machines; lists go by file."""
    light = merged.exposures
    return {
        "reference": merged.reference + 1,
        "exposures": light.used[0].tolist(),
        "exposures_from": light.source,
        "exposures_noted": None if light.nominal is None else light.nominal[0].tolist(),
        "exposures_measured": light.measured,
        "exposures_disagree": light.disagrees,
        "exposures_replaced_because_percent_contradicted": None
        if light.thrown_away is None
        else [100 * share for share in light.thrown_away],
        "exposure_steps": [
            {"value": r.value, "standard_error": r.standard_error, "samples": r.samples}
            for r in light.ratios
        ],
        "exposures_not_measured_because": light.failure,
        "shares_percent": [100 * share for share in merged.shares],
        "rejected_percent": [100 * share for share in merged.rejected],
        "noise_scale": merged.noise_scale,
        "left_out": [i + 1 for i in merged.left_out],
        "shifts": None if merged.shifts is None else [list(by[0]) for by in merged.shifts],
    }


def automatic_steps(
    merged: Merged, paths: Sequence[Path], *, assumed: str | None, reference_given: bool
) -> list[str]:
    """What was assumed or estimated, one sentence each: nothing automatic is hidden.

    assumed: name of a response that nobody stated.
    """
    light, notes = merged.exposures, []
    if merged.shifts is not None:
        said = ", ".join(f"{by[0][0]:+d} {by[0][1]:+d}" for by in merged.shifts)
        notes.append(f"frames lay down and right of the reference by (pixels) {said}: moved back")
    if assumed is not None:
        notes.append(f"response {assumed} assumed")
    if light.source == "measured" and light.thrown_away is None:
        notes.append(f"exposures measured: {_listed(light.used[0].tolist())}")
    if light.disagrees and light.disagreement is not None:
        off = ", ".join(f"{math.log2(ratio):+.3f}" for ratio in light.disagreement)
        notes.append(f"exposures noted and measured disagree (EV {off})")
    notes += warnings_of(merged, paths)
    kept = [scale for i, scale in enumerate(merged.noise_scale) if i not in merged.left_out]
    if max(kept, default=1.0) > LOUD:
        notes.append(
            f"frames differ by {max(kept):.1f} times their noise over half of the picture: ghosts "
            "of a few percent of the light may stay, and sigma is too small"
        )
    if not reference_given:
        notes.append(f"reference: file {merged.reference + 1}")
    return notes


def warnings_of(merged: Merged, paths: Sequence[Path]) -> list[str]:
    """What a user may want to do something about, one sentence each."""
    light, notes = merged.exposures, []
    if light.thrown_away is not None and light.nominal is not None:
        worst = max(range(len(paths)), key=light.thrown_away.__getitem__)
        wrong = (
            "times or f-numbers are wrong (--stated-exposures keeps them)"
            if merged.frame.domain is Domain.MOSAIC
            else "times or the assumed response are wrong (--response states one, `fullwell "
            "calibrate response` finds one, --stated-exposures keeps the times)"
        )
        notes.append(
            f"exposures measured, not as stated: {_listed(light.used[0].tolist())} in place of "
            f"{_listed(light.nominal[0].tolist())}, by which {100 * light.thrown_away[worst]:.0f} "
            f"percent of {paths[worst].name} contradict the others; {wrong}"
        )
    notes += [
        f"{paths[i].name} (file {i + 1}) contradicts file {merged.reference + 1} in most of the "
        "picture and is left out: another scene, or its exposure or response is wrong (see "
        "--measure-exposures, --response, --no-deghost)"
        for i in merged.left_out
    ]
    notes += [
        f"file {i + 1} ({paths[i].name}) gives {100 * (1 - share):.0f} percent of its usable "
        f"samples only: the rest contradicts file {merged.reference + 1}"
        for i, share in enumerate(merged.rejected)
        if share > LITTLE and i not in merged.left_out
    ]
    return notes


def said_of_dng(rounding: Rounding, sample: str) -> dict[str, Any]:
    """How a merged DNG is stored, and what 16 bits would make of it, for machines."""
    return {
        "dng_sample": sample,
        "dng_16_bit_rounding_over_sigma": rounding.rms,
        "dng_16_bit_rounding_above_sigma_percent": 100 * rounding.above,
    }


def warnings_of_dng(rounding: Rounding, sample: str) -> list[str]:
    """That a merge needs more than the 16 bits which every program reads."""
    if sample == "uint16":
        return []
    return [
        f"16 bits hold this merge to {rounding.rms:.2g} times its noise: the DNG is floating "
        "point, of which programs that read it by LibRaw see 14 bits; an .exr holds it too"
    ]


def _listed(exposures: Sequence[float]) -> str:
    return ", ".join(f"{exposure:.4g}" for exposure in exposures)
