"""The table of closure: five cameras at three gains and three read noises, measured blind.

`python -m apps.closure_page --log LOG.jsonl -o docs/closure.md` measures what the log has not
yet, a line a case, so that it can be stopped and taken up again; --rerun begins anew.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apps.capture_session import Plan
from apps.closure import LIMITS, Comparison, Limit, close_loop
from apps.report.pages import write_page
from calibration.photon_transfer import HIDDEN
from calibration.uncertainty import Figure
from isp.core.errors import FileError, UsageError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.files.profile import load_profile

COMMAND = (
    "python -m apps.closure_page --log docs/dev/bench/closure.jsonl -o docs/closure.md --force"
)
CAMERAS = ("CanonEOS5D4", "EMVA-CCD", "NikonD850", "RaspberryPi-HQ-IMX477", "SonyA7S2")
GAINS = (0.5, 1.0, 4.0)  # of the camera's own
READ_NOISES = (0.5, 1.0, 2.0)  # of the camera's own
SEED = 4
PRNU_PERCENT = 0.6  # of a camera that has none
LEAST_ROW, LEAST_DSNU = 0.1, 0.3  # of the read noise, where the camera has none
CLEAR_OF_0 = 6  # deviations of the dark above code 0
CUT_SHARE = 1e-6  # of darks at code 0, by the tail of a Tukey lambda, far below what is refused
HEADINGS = {
    "system_gain_dn_per_e": "K, %",
    "read_noise_e": "read noise, %",
    "full_well_e": "saturation, %",
    "quantum_efficiency": "QE, %",
    "prnu_percent": "PRNU, %",
    "dsnu_e": "DSNU, %",
    "row_noise_e": "row noise, %",
    "tukey_lambda_shape": "Tukey-lambda shape",
}


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """A built-in camera, its gain and its read noise by factors of its own."""

    camera: str
    gain: float
    noise: float


def cases(cameras: Sequence[str] = CAMERAS) -> list[Case]:
    """Every gain and read noise of the cameras.

    Raises UsageError for a camera that is not of the table.
    """
    unknown = [name for name in cameras if name not in CAMERAS]
    if unknown:
        raise UsageError(f"the table has no {unknown[0]}; it has {', '.join(CAMERAS)}")
    return [Case(name, gain, noise) for name in cameras for gain in GAINS for noise in READ_NOISES]


def case_camera(name: str, gain: float = 1.0, noise: float = 1.0) -> SensorProfile:
    """A built-in camera at its middle ISO, with patterns and row noise to find.

    Its black level is raised where darks would be cut at code 0, as EMVA asks.
    """
    profile = load_profile(name)
    reading = profile.readings[len(profile.readings) // 2]
    changed = replace(
        reading,
        system_gain_dn_per_e=reading.system_gain_dn_per_e * gain,
        read_noise_e=reading.read_noise_e * noise,
        row_noise_e=(reading.row_noise_e or LEAST_ROW * reading.read_noise_e) * noise,
        tukey_lambda_scale_e=reading.tukey_lambda_scale_e and reading.tukey_lambda_scale_e * noise,
    )
    dark_dn = changed.system_gain_dn_per_e * math.hypot(changed.read_noise_e, changed.row_noise_e)
    low_dn = max(CLEAR_OF_0 * dark_dn, changed.system_gain_dn_per_e * _lowest_e(changed))
    black = max(*profile.black_level_dn, math.ceil(low_dn))
    return profile.with_fields(
        readings=(changed,),
        black_level_dn=(black,) * len(profile.black_level_dn),
        prnu_percent=profile.prnu_percent or PRNU_PERCENT,
        dsnu_e=profile.dsnu_e or LEAST_DSNU * reading.read_noise_e,
    )


def _lowest_e(reading: Reading) -> float:
    """How far below 0 all but `CUT_SHARE` of a heavy-tailed reading's values stay, e-."""
    if reading.tukey_lambda_shape is None or not reading.tukey_lambda_scale_e:
        return 0.0
    from scipy.stats import tukeylambda

    shape, scale = reading.tukey_lambda_shape, reading.tukey_lambda_scale_e
    return -float(tukeylambda.ppf(CUT_SHARE, shape, scale=scale))


def measure(case: Case, plan: Plan | None = None) -> tuple[Comparison, ...]:
    """Close the loop of one case."""
    profile = case_camera(case.camera, case.gain, case.noise)
    return close_loop(profile, profile.readings[0].iso, plan=plan, seed=SEED)


def results(
    log: Path,
    wanted: Sequence[Case],
    *,
    rerun: bool = False,
    plan: Plan | None = None,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[Case, tuple[Comparison, ...]]:
    """Take each case from the log, or measure it and write it there.

    rerun: measure all that are wanted again, in place of those of the log.

    Raises FileError for a log that cannot be read.
    """
    kept = dict(_logged(log)) if log.exists() else {}
    if rerun:
        kept = {case: rows for case, rows in kept.items() if case not in wanted}
        lines = [_line(case, rows) for case, rows in kept.items()]
        log.write_text("".join(lines), encoding="utf-8")
    for case in wanted:
        if case not in kept:
            advance(f"{case.camera}, gain x {case.gain:g}, read noise x {case.noise:g}")
            kept[case] = measure(case, plan)
            with log.open("a", encoding="utf-8") as file:
                file.write(_line(case, kept[case]))
    return {case: kept[case] for case in wanted}


def _line(case: Case, rows: Sequence[Comparison]) -> str:
    record = {"camera": case.camera, "gain": case.gain, "noise": case.noise,
              "rows": [row.record() for row in rows]}  # fmt: skip
    return json.dumps(record, allow_nan=False) + "\n"


def _logged(log: Path) -> Iterator[tuple[Case, tuple[Comparison, ...]]]:
    for number, line in enumerate(log.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            case = Case(record["camera"], record["gain"], record["noise"])
            yield case, tuple(_comparison(row) for row in record["rows"])
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(log, f"line {number} holds no case of closure ({error})") from error


def _comparison(row: Mapping[str, Any]) -> Comparison:
    measured = row["measured"]
    figure = Figure(
        value=measured["value"], low=measured["low"], high=measured["high"],
        reason=measured.get("reason", ""),
    )  # fmt: skip
    return Comparison(
        quantity=row["quantity"], truth=row["truth"], measured=figure, limit=row["limit"],
        ok=row["ok"],
    )  # fmt: skip


def page(found: Mapping[Case, Sequence[Comparison]]) -> str:
    """The table as Markdown, a line a case."""
    outside = sum(not row.ok for rows in found.values() for row in rows)
    compared = sum(row.limit is not None for rows in found.values() for row in rows)
    limits = ", ".join(
        f"{HEADINGS[name].removesuffix(', %')} {_limit(name, each)}"
        for name, each in LIMITS.items()
    )
    lines = [
        "# Closure",
        "",
        f"By `{COMMAND}`: captures of a known camera are simulated, calibrated blind, and the "
        "result is held against the camera. Gain and read noise (with row noise) are the camera's "
        f"own at its middle ISO, times the factors. A camera without PRNU has {PRNU_PERCENT:g} % "
        f"here, one without DSNU {LEAST_DSNU:g} and without row noise {LEAST_ROW:g} of its read "
        f"noise; black levels lie {CLEAR_OF_0} deviations of the dark or more above 0, and so "
        f"far that a heavy-tailed reading has {CUT_SHARE:g} of its values there.",
        "",
        "Each number is how far the measurement is off, in % of the truth, the shape's as it is. "
        f"!: beyond the limit ({limits}). *hidden*: the converter's step hides it, and that was "
        "said in place of a number. -: the camera has none.",
        "",
        f"{len(found)} cases, {compared} numbers, {outside} outside.",
        "",
        "| camera | gain x | read noise x | " + " | ".join(HEADINGS.values()) + " |",
        "|---|" + "---:|" * (2 + len(HEADINGS)),
    ]
    for case, rows in found.items():
        named = {row.quantity: row for row in rows}
        cells = [_cell(named[name]) for name in HEADINGS]
        lines.append(f"| {case.camera} | {case.gain:g} | {case.noise:g} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _limit(name: str, limit: Limit) -> str:
    parts = [f"{100 * limit.relative:g} %"] if limit.relative else []
    unit = " e-" if name.endswith("_e") else ""
    parts += [f"{limit.absolute:g}{unit}"] if limit.absolute else []
    return " or ".join(parts)


def _cell(row: Comparison) -> str:
    if HIDDEN in row.measured.reason:
        return "hidden"
    if row.truth is None:
        return "-"
    mark = "" if row.ok else "!"
    if row.measured.value is None:
        return f"none{mark}"
    off = row.measured.value - row.truth
    if row.quantity == "tukey_lambda_shape":
        return f"{off:+.4f}{mark}"
    return f"{100 * off / row.truth:+.2f}{mark}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is not in the log, and write the page; exit code 1 where a number is outside."""
    parser = argparse.ArgumentParser(prog="python -m apps.closure_page", description=__doc__)
    parser.add_argument("--log", type=Path, required=True, help="a line a case, .jsonl")
    parser.add_argument("-o", "--output", type=Path, help="markdown page; printed without it")
    parser.add_argument("--camera", action="append", help="of the five; all without it")
    parser.add_argument("--rerun", action="store_true", help="measure again what the log has")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    found: dict[Case, tuple[Comparison, ...]] = {}

    def text() -> str:
        wanted = cases(asked.camera or CAMERAS)
        found.update(
            results(
                asked.log, wanted, rerun=asked.rerun, advance=lambda at: print(at, file=sys.stderr)
            )
        )
        return page(found)

    code = write_page(text, asked.output, force=asked.force)
    return code or int(any(not row.ok for rows in found.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
