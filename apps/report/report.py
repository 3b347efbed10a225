"""One HTML file that holds its text, tables and pictures, and needs nothing else."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import jinja2
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from isp.core.errors import FrameError, UsageError
from isp.files.png_bytes import png_bytes
from isp.files.safe_write import safe_write

Pixels = NDArray[np.uint8]
Cell = str | int | float


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture for `Report.add_pictures`: pixels (h, w) grey or (h, w, 3) sRGB, 8-bit."""

    caption: str
    pixels: Pixels
    alt: str


@dataclass(frozen=True, slots=True)
class _Inlined:
    caption: str
    source: str  # a data: address
    alt: str
    files: tuple[tuple[str, str], ...] = ()  # name and data: address of what is drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    kind: str
    text: str = ""
    number: int = 0
    pictures: tuple[_Inlined, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[bool, ...] = ()


@dataclass(eq=False)
class Report:
    """Blocks in reading order; `write` turns them into one HTML file.

    Text is escaped: nothing a caller passes becomes markup.

    >>> report = Report("Noise", "One camera, two gains")
    >>> report.add_heading("Read noise")
    >>> report.add_table(["iso", "read_noise_e"], [[100, 3.25], [1600, 1.5]])
    >>> "3.25</td>" in report.html()
    True
    """

    title: str
    summary: str = ""
    _blocks: list[_Block] = field(default_factory=list, repr=False)

    def add_heading(self, text: str) -> None:
        """Begin a section; with two or more, the page opens with links to them."""
        number = 1 + sum(block.kind == "heading" for block in self._blocks)
        self._blocks.append(_Block(kind="heading", text=text, number=number))

    def add_subheading(self, text: str) -> None:
        """Begin a part of a section."""
        self._blocks.append(_Block(kind="subheading", text=text))

    def add_text(self, text: str) -> None:
        """Add a paragraph; line breaks are kept."""
        self._blocks.append(_Block(kind="text", text=text))

    def add_picture(self, caption: str, pixels: Pixels, alt: str) -> None:
        """Add a picture over the full width: pixels (h, w) grey or (h, w, 3) sRGB, 8-bit."""
        self._blocks.append(_Block(kind="picture", pictures=(_inlined(caption, pixels, alt),)))

    def add_pictures(self, pictures: Sequence[Picture]) -> None:
        """Add pictures side by side, as many in a row as the window is wide."""
        inlined = tuple(_inlined(each.caption, each.pixels, each.alt) for each in pictures)
        self._blocks.append(_Block(kind="pictures", pictures=inlined))

    def add_figure(
        self, caption: str, figure: Figure, alt: str, *, data: str = "", name: str = "figure",
        more: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Add a matplotlib figure as vectors.

        data: what it draws, as CSV; a link below the figure then saves it as `name`.csv.
        more: further CSV by name, linked beside it.
        """
        held = io.BytesIO()
        with mpl.rc_context({"svg.hashsalt": "fullwell", "svg.fonttype": "path"}):
            figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
        source = _address("image/svg+xml", held.getvalue())
        _check_alt(alt, caption)
        texts = ({name: data} if data else {}) | dict(more or {})
        files = tuple(
            (f"{each}.csv", _address("text/csv", text.encode())) for each, text in texts.items()
        )
        inlined = _Inlined(caption, source, alt, files)
        self._blocks.append(_Block(kind="figure", pictures=(inlined,)))

    def add_table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = ""
    ) -> None:
        """Add a table; floats are printed to four digits, columns of numbers to the right.

        Raises UsageError when a row is not as long as the headers.
        """
        for row in rows:
            if len(row) != len(headers):
                raise UsageError(
                    f"a table of {len(headers)} columns takes rows of {len(headers)} cells,"
                    f" got {len(row)}: {list(row)}"
                )
        numeric = tuple(
            bool(rows) and all(isinstance(row[column], int | float) for row in rows)
            for column in range(len(headers))
        )
        printed = tuple(tuple(_printed(cell) for cell in row) for row in rows)
        self._blocks.append(
            _Block(
                kind="table", text=caption, headers=tuple(headers), rows=printed, numeric=numeric
            )
        )

    def html(self) -> str:
        """The page as text."""
        source = resources.files("apps.report").joinpath("templates/report.html").read_text("utf-8")
        page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        headings = [block.text for block in self._blocks if block.kind == "heading"]
        return page.from_string(source).render(
            title=self.title, summary=self.summary, headings=headings, blocks=self._blocks
        )

    def write(self, path: str | Path, *, force: bool = False) -> None:
        """Write the page.

        force: replace an existing file.

        Raises OutputError when the file may not or cannot be written.
        """
        page = self.html()
        with safe_write(path, force=force) as place:
            place.write_text(page, encoding="utf-8")


def _inlined(caption: str, pixels: Pixels, alt: str) -> _Inlined:
    pixels = np.asarray(pixels)
    right = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not right or pixels.size == 0:
        raise FrameError(
            f"a report takes 8-bit pixels (h, w) or (h, w, 3), got {pixels.dtype}"
            f' {pixels.shape} for "{caption}"'
        )
    _check_alt(alt, caption)
    return _Inlined(caption, _address("image/png", png_bytes(pixels)), alt)


def _check_alt(alt: str, caption: str) -> None:
    if not alt.strip():
        raise UsageError(f'a picture needs a text for who cannot see it: "{caption}" has none')


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _printed(cell: Cell) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
