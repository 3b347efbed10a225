"""Check captures while one is still shooting: every ISO's verdict, for people and machines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.capture_folder import find_captures
from calibration.capture_verdict import Verdict, judge
from calibration.captures import iso_name
from isp.files.dump import DumpFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCheck:
    """What a folder is good for.

    iso_stated: whether its captures say an ISO, or are filed under one of ours.
    """

    camera: str
    verdicts: tuple[Verdict, ...]
    iso_stated: bool = True

    @property
    def is_enough(self) -> bool:
        """Whether every ISO has what a profile needs."""
        return all(verdict.is_enough for verdict in self.verdicts)

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "camera": self.camera,
            "is_enough": self.is_enough,
            "iso_stated": self.iso_stated,
            "isos": [verdict.record() for verdict in self.verdicts],
        }


def check_captures(
    folder: Path,
    *,
    flags: DumpFlags | None = None,
    advance: Callable[[str], None] | None = None,
) -> CaptureCheck:
    """Find the captures of a folder and judge them, ISO by ISO.

    Raises FileError or CalibrationError as `find_captures` does.
    """
    captures = find_captures(folder, flags=flags, advance=advance)
    verdicts = tuple(judge(captures, iso, advance=advance) for iso in captures.isos)
    return CaptureCheck(camera=captures.camera, verdicts=verdicts, iso_stated=captures.iso_stated)


def sentences(check: CaptureCheck) -> list[str]:
    """A line for each thing that is there, missing or at fault."""
    lines = [check.camera]
    for verdict in check.verdicts:
        name = iso_name(verdict.iso, stated=check.iso_stated)
        lines.append(f"{name}: {_word(verdict)}")
        lines += [f"  there    {there}" for there in verdict.there]
        lines += _marked("FATAL    ", [f for f in verdict.faults if f.fatal])
        lines += _marked("RESHOOT  ", [f for f in verdict.faults if f.spoils and not f.fatal])
        lines += _marked("MISSING  ", [m for m in verdict.missing if m.needed])
        lines += _marked("fault    ", [f for f in verdict.faults if not f.spoils])
        lines += _marked("optional ", [m for m in verdict.missing if not m.needed])
    return lines


def _word(verdict: Verdict) -> str:
    """Whether it is enough, and with how many faults that are advice only."""
    if not verdict.is_enough:
        return "NOT YET ENOUGH"
    count = len(verdict.faults)
    return "enough" + (f", with {count} fault{'s' if count > 1 else ''}" if count else "")


def _marked(mark: str, said: Sequence[object]) -> list[str]:
    return [f"  {mark}{each}" for each in said]
