"""Pages and pictures of the docs: made first, then written whole, with one sentence on failure."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from isp.core.errors import FullwellError
from isp.files.safe_write import refuse_output, safe_write

# How figures are saved, by suffix; no clock and no program in them.
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"format": "png", "dpi": 80, "metadata": {"Software": None}},
    ".jpg": {"format": "jpeg", "dpi": 90, "pil_kwargs": {"quality": 88}},
}


def write_page(make: Callable[[], str], output: Path | None, *, force: bool = False) -> int:
    """Make a page and write it, or print it where there is no output; returns the exit code."""

    def write() -> None:
        text = make()
        if output is None:
            print(text, end="")
            return
        with safe_write(output, force=force) as place:
            place.write_text(text, encoding="utf-8")

    return _told(write)


def write_pictures(
    pictures: Mapping[str, Callable[[], Figure]], folder: Path, suffix: str, *, force: bool = False
) -> int:
    """Draw each picture as folder/NAME with a suffix of FORMATS; returns the exit code."""

    def write() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in pictures.items():
            path = folder / f"{name}{suffix}"
            refuse_output(path, force=force)
            figure = draw()
            with safe_write(path, force=force) as place:
                figure.savefig(place, **FORMATS[suffix])
            print(path.as_posix())

    return _told(write)


def _told(work: Callable[[], None]) -> int:
    try:
        work()
    except FullwellError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
