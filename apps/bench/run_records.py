"""Runs of an experiment in a JSONL file, a line each: found there, or made and written there."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, MissingError

Plain = dict[str, Any]


class RunRecords:
    """Results by what was run.

    path: of the JSONL file. makes: whether to make what the file has not; else it is refused.
    anew: forget what the file has.

    Raises FileError for a file that holds something else.
    """

    def __init__(self, path: Path, *, makes: bool = False, anew: bool = False) -> None:
        self.path, self.makes = path, makes
        if anew:
            path.unlink(missing_ok=True)
        self._kept = dict(_lines(path)) if path.exists() else {}

    def result(self, run: Mapping[str, Any], make: Callable[[], Plain]) -> Plain:
        """The result of a run, which plain values name.

        Raises MissingError for a run that is not there and is not to be made.
        """
        key = json.dumps(run, sort_keys=True)
        if key not in self._kept:
            if not self.makes:
                raise MissingError(f"{self.path.name} has no run {key}; make it with --run")
            found: Plain = json.loads(json.dumps(make(), allow_nan=False))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"run": run, "result": found}) + "\n")
            self._kept[key] = found
        return self._kept[key]

    def __contains__(self, run: Mapping[str, Any]) -> bool:
        """Whether the run is there, or would be made."""
        return self.makes or json.dumps(run, sort_keys=True) in self._kept


def _lines(path: Path) -> list[tuple[str, Plain]]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            found.append((json.dumps(record["run"], sort_keys=True), dict(record["result"])))
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(path, f"line {number} holds no run ({error})") from error
    return found
