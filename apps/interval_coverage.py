"""How often 95 % intervals hold the truth: small capture sets, each of a new body, measured.

`python -m apps.interval_coverage --log LOG -o docs/coverage.md` writes the table; it goes on with a
log that is there.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apps.capture_session import Plan, session
from apps.closure import LIMITS, measured_figures, truth_of
from calibration.noise import measure_noise
from isp.core.sensor import SensorProfile
from isp.core.tukey_deviation import tukey_lambda_deviation
from isp.files.profile import load_profile
from isp.files.safe_write import safe_write

SMALL = Plan(levels=12, stack=16, size=(64, 64))
SHAPE, SCALE_E = 0.1, 4.0
SETS = 2000
LEAST, MOST = 0.93, 0.97  # of the intervals that hold the truth
COMMAND = "python -m apps.interval_coverage --log LOG -o docs/coverage.md --force"
Ends = Mapping[str, tuple[float | None, float | None, float | None]]  # value, low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Of so many intervals of one quantity, those that held the truth, and those beside it.

    below, above: the truth was less, or more, than the whole interval.
    width: median of high - low over the truth.
    """

    intervals: int
    below: int
    above: int
    width: float

    @property
    def share(self) -> float:
        """Of the intervals that held the truth."""
        return 1 - (self.below + self.above) / self.intervals

    @property
    def error(self) -> float:
        """Standard error of the share, were it 95 %."""
        return math.sqrt(0.95 * 0.05 / self.intervals)


def camera() -> SensorProfile:
    """A monochrome camera with everything that `closure` compares: patterns, row noise, a shape.

    It has no dark signal, which at one exposure time would count as read noise.
    """
    profile = load_profile("EMVA-CCD")
    reading = replace(
        profile.readings[0],
        read_noise_e=SCALE_E * tukey_lambda_deviation(SHAPE),
        tukey_lambda_shape=SHAPE,
        tukey_lambda_scale_e=SCALE_E,
        row_noise_e=1.0,
    )
    return profile.with_fields(
        readings=(reading,),
        black_level_dn=(64.0,),
        prnu_percent=0.8,
        dsnu_e=3.0,
        dark_current_e_per_s=0.0,
    )


def measured(profile: SensorProfile, plan: Plan, number: int) -> Ends:
    """Figures of one set of captures; its number is both seed and body."""
    iso = profile.readings[0].iso
    captures = session(profile, iso, plan, seed=number, body=number)
    figures = measured_figures(measure_noise(captures, iso))
    return {name: (figures[name].value, figures[name].low, figures[name].high) for name in LIMITS}


def repeats(
    log: Path,
    count: int,
    *,
    plan: Plan = SMALL,
    advance: Callable[[str], None] = lambda name: None,
) -> list[Ends]:
    """Measure the sets 0, 1 ... count - 1; those that the log already has are not taken again.

    log: a line of JSON for each set, appended to; delete it when the code has changed.
    """
    done: dict[int, Ends] = {}
    if log.is_file():
        for line in log.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            done[record["number"]] = {name: tuple(e) for name, e in record["ends"].items()}
    profile = camera()
    with log.open("a", encoding="utf-8") as file:
        for number in range(count):
            if number not in done:
                done[number] = measured(profile, plan, number)
                file.write(json.dumps({"number": number, "ends": done[number]}) + "\n")
                file.flush()
            advance(f"set {number}")
    return [done[number] for number in range(count)]


def coverage(sets: Sequence[Ends]) -> dict[str, Covered]:
    """Count, for each quantity, the intervals that hold the camera's own number."""
    profile = camera()
    truths = truth_of(profile, profile.readings[0].iso)
    found = {}
    for name, truth in truths.items():
        assert truth is not None  # the camera has all
        ends = [(low, high) for _, low, high in (each[name] for each in sets)]
        known = [(low, high) for low, high in ends if low is not None and high is not None]
        found[name] = Covered(
            intervals=len(known),
            below=sum(truth < low for low, _ in known),
            above=sum(truth > high for _, high in known),
            width=sorted(high - low for low, high in known)[len(known) // 2] / abs(truth),
        )
    return found


def table(found: Mapping[str, Covered]) -> str:
    """A line for each quantity."""
    lines = [
        f"{'quantity':22}{'sets':>6}{'covered %':>11}{'+-':>6}{'below':>7}{'above':>7}  width %"
    ]
    for name, each in found.items():
        lines.append(
            f"{name:22}{each.intervals:6d}{100 * each.share:11.2f}{100 * each.error:6.2f}"
            f"{each.below:7d}{each.above:7d}{100 * each.width:9.2f}"
        )
    return "\n".join(lines)


def page(found: Mapping[str, Covered]) -> str:
    """The table as Markdown."""
    sets = max(each.intervals for each in found.values())
    lines = [
        "# How often the 95 % intervals hold",
        "",
        f"By `{COMMAND}`: {sets} capture sets of a simulated camera, each of a new body and other "
        f"noise ({SMALL.size[1]} x {SMALL.size[0]} photosites, {SMALL.levels} pairs of flats, "
        f"stacks of {SMALL.stack}; Tukey-lambda noise, PRNU, DSNU, row noise). *below*, *above*: "
        "the camera's number was less, or more, than the whole interval. *width*: median of the "
        "interval over the number.",
        "",
        "| quantity | sets | held, % | +- | below | above | width, % |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {each.intervals} | {100 * each.share:.2f} | {100 * each.error:.2f} | "
        f"{each.below} | {each.above} | {100 * each.width:.1f} |"
        for name, each in found.items()
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; exit code 1 where a share is outside 93 to 97 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--force", action="store_true")
    asked = parser.parse_args(arguments)
    found = coverage(repeats(asked.log, asked.sets))
    with safe_write(asked.output, force=asked.force) as place:
        place.write_text(page(found), encoding="utf-8")
    print(table(found))
    return 0 if all(LEAST <= each.share <= MOST for each in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
