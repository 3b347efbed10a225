"""The public emva1288 package beside us, on simulated sessions; it runs in a Python of its own.

`python -m apps.second_emva1288 --python PYTHON -o docs/emva1288.md` writes the table; PYTHON is
an interpreter of an environment where `pip install emva1288` was done.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apps.capture_session import Plan
from apps.closure import LIMITS, measured_figures, truth_of
from apps.session_files import DESCRIPTOR, write_session
from calibration.capture_folder import find_captures
from calibration.noise import measure_noise
from isp.core.errors import MissingError
from isp.core.sensor import SensorProfile
from isp.files.profile import load_profile
from isp.files.safe_write import safe_write

TIME_LIMIT_S = 600
COMMAND = "python -m apps.second_emva1288 --python PYTHON -o docs/emva1288.md --force"
CAMERAS = ("EMVA-CCD", "RaspberryPi-HQ-IMX477", "SonyA7S2")
VARIES = ("time", "light")
ISO = 100.0
LEAST_DSNU = 0.3  # of the read noise; less of it drowns in stacks of so few frames
PRNU_PERCENT = 0.6  # of a camera that has none
# What each of its results is called here, and what it is multiplied by.
NAMES = {
    "system_gain_dn_per_e": ("K", 1.0),
    "read_noise_e": ("sigma_d", 1.0),
    "quantum_efficiency": ("QE", 0.01),
    "dsnu_e": ("DSNU1288", 1.0),
    "prnu_percent": ("PRNU1288", 1.0),
}
# numpy.asfarray, which the package calls, left NumPy with version 2.
SCRIPT = """
import importlib.metadata, json, logging, os, sys
import numpy
from PIL import Image
if not hasattr(numpy, "asfarray"):
    numpy.asfarray = lambda values, dtype=float: numpy.asarray(values, dtype)
from emva1288 import process
from emva1288.process.parser import ParseEmvaDescriptorFile
from emva1288.process.loader import LoadImageData
from emva1288.process.data import Data1288
from emva1288.process.results import Results1288
path, names = sys.argv[1], json.loads(sys.argv[2])
folder = os.path.dirname(path)
said = ParseEmvaDescriptorFile(path, folder, loglevel=logging.ERROR)
opened = lambda name: numpy.array(Image.open(name)).astype(numpy.int64)
images = LoadImageData(said.images, path=folder, loglevel=logging.ERROR, fload=opened)
results = Results1288(Data1288(images.data, loglevel=logging.ERROR).data, loglevel=logging.ERROR)
answer = {name: float(getattr(results, name)) for name in names}
answer["version"] = importlib.metadata.version("emva1288")
answer["numpy"] = numpy.__version__
print(json.dumps(answer))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One quantity of one session: the camera's own, ours and theirs; None where not given."""

    quantity: str
    truth: float
    ours: float | None
    theirs: float | None

    @property
    def limit(self) -> float:
        """How far either may be off, by closure's limits."""
        return LIMITS[self.quantity].of(self.truth)

    def is_within(self, value: float | None) -> bool:
        """Whether a value was given and lies within the limit."""
        return value is not None and abs(value - self.truth) <= self.limit


def by_emva1288(descriptor: Path, python: str) -> dict[str, float | str]:
    """What the package makes of a descriptor, by our names, with its version.

    Raises MissingError where that Python cannot run the package, in its own last words.
    """
    names = [theirs for theirs, _ in NAMES.values()]
    try:
        done = subprocess.run(
            [python, "-c", SCRIPT, str(descriptor), json.dumps(names)], capture_output=True,
            text=True, check=False, timeout=TIME_LIMIT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise MissingError(f"{python} cannot be run ({error.strerror})") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise MissingError(f"{python} cannot run emva1288: {last}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    found: dict[str, float | str] = {
        ours: told[theirs] * scale for ours, (theirs, scale) in NAMES.items()
    }
    return found | {"version": str(told["version"]), "numpy": str(told["numpy"])}


def camera(name: str) -> SensorProfile:
    """A built-in camera at one ISO, its darks well above code 0, patterns to find, no dark signal.

    Dark signal is left out because it would count as read noise where the time is one.
    """
    profile = load_profile(name)
    reading = min(profile.readings, key=lambda each: abs(each.iso - ISO))
    dark_dn = reading.system_gain_dn_per_e * math.hypot(reading.read_noise_e, reading.row_noise_e)
    black = max(*profile.black_level_dn, math.ceil(6 * dark_dn))
    return profile.with_fields(
        readings=(replace(reading, row_noise_e=0.0, colour_bias_dn=()),),
        black_level_dn=(float(black),) * len(profile.black_level_dn),
        dark_current_e_per_s=0.0,
        prnu_percent=profile.prnu_percent or PRNU_PERCENT,
        dsnu_e=max(profile.dsnu_e, LEAST_DSNU * reading.read_noise_e),
    )


def beside(
    profile: SensorProfile, python: str, folder: Path, plan: Plan
) -> tuple[list[Beside], str]:
    """Write a session, measure it by both; returns the comparison and the package's version."""
    iso = profile.readings[0].iso
    write_session(profile, [iso], plan, folder, emva=True, seed=4)
    theirs = by_emva1288(folder / DESCRIPTOR, python)
    captures = find_captures(folder)
    ours = measured_figures(measure_noise(captures, captures.isos[0]))
    truth = truth_of(profile, iso)
    rows = []
    for name in NAMES:
        value, own = theirs[name], truth[name]
        if own is None:
            continue
        known = isinstance(value, float) and math.isfinite(value)
        rows.append(
            Beside(
                quantity=name,
                truth=own,
                ours=ours[name].value,
                theirs=float(value) if known else None,
            )
        )
    return rows, f"emva1288 {theirs['version']}, NumPy {theirs['numpy']}"


def page(python: str, plan: Plan, advance: Callable[[str], None]) -> str:
    """The table as Markdown."""
    lines, version = [], ""
    for name in CAMERAS:
        for varies in VARIES:
            advance(f"{name}, {varies}")
            with tempfile.TemporaryDirectory() as scratch:
                rows, version = beside(
                    camera(name), python, Path(scratch) / "session", replace(plan, varies=varies)
                )
            lines += [
                f"| {name} | {varies} | {row.quantity} | {row.truth:.6g} | {_said(row, row.ours)} "
                f"| {_said(row, row.theirs)} | {100 * row.limit / row.truth:.2g} |"
                for row in rows
            ]
    return "\n".join(
        [
            "# Beside the emva1288 package",
            "",
            f"By `{COMMAND}`; {version}. Each session is simulated "
            f"({plan.size[1]} x {plan.size[0]}, {plan.levels} levels, stacks of {plan.stack}), "
            "written with an EMVA descriptor and measured by both. *profile*: the camera's own "
            "number, but for what the session needs to show it: DSNU is at least "
            f"{LEAST_DSNU:g} of the read noise, PRNU {PRNU_PERCENT:g} % where the camera has "
            "none, and there is no row noise, dark current or colour bias. In brackets: off by so "
            "many %, an exclamation mark where that is more than "
            "closure's limit.",
            "",
            "| camera | varies | quantity | profile | ours | emva1288 | limit, % |",
            "|---|---|---|---:|---:|---:|---:|",
            *lines,
            "",
        ]
    )


def _said(row: Beside, value: float | None) -> str:
    if value is None:
        return "none"
    mark = "" if row.is_within(value) else "!"
    return f"{value:.6g} ({100 * (value / row.truth - 1):+.2f}{mark})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--force", action="store_true")
    asked = parser.parse_args(arguments)
    plan = Plan(levels=30, stack=48, size=(384, 384))
    text = page(asked.python, plan, lambda name: print(name, file=sys.stderr))
    with safe_write(asked.output, force=asked.force) as place:
        place.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
