"""Options of `fullwell simulate` beyond the exposure: view, lens, 8-bit camera, series."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import assignment, positive

if TYPE_CHECKING:
    from apps.light import Seen
    from simulate.optics import Lens

VIEW = "From where, and through what lens"
EIGHT_BIT = "8-bit camera"
SERIES = "Brackets and bursts (OUT_0.dng, OUT_1.dng …)"

Size = Annotated[
    str | None,
    typer.Option(metavar="WxH", help="Photosites of the sensor.", rich_help_panel=VIEW),
]
Fov = Annotated[
    float | None,
    typer.Option(
        parser=positive, metavar="DEG", rich_help_panel=VIEW,
        help="Angle that the scene's width fills; of a panorama's view, its own.",
    ),
]  # fmt: skip
FocalLength = Annotated[
    float | None,
    typer.Option(
        parser=positive, metavar="MM", rich_help_panel=VIEW,
        help="With --fov and the pixel pitch: how large the scene falls on the sensor.",
    ),
]  # fmt: skip
LensField = Annotated[
    list[str] | None,
    typer.Option(
        "--lens", metavar="FIELD=VALUE", rich_help_panel=VIEW,
        help="gaussian_psf_um, diffraction, defocus_um, cos4, vignetting, lateral_colour_ppm, "
        "veiling_glare, focal_length_mm.",
    ),
]  # fmt: skip
Direction = Annotated[
    str | None,
    typer.Option(
        "--view", metavar="YAW,PITCH", rich_help_panel=VIEW,
        help="Direction in degrees of a view cut from a panorama, or random.",
    ),
]  # fmt: skip
Ldr = Annotated[
    bool,
    typer.Option(
        "--ldr", rich_help_panel=EIGHT_BIT,
        help="Write an 8-bit OUT.png or OUT.jpg, and OUT.truth.exr beside it.",
    ),
]  # fmt: skip
ResponseName = Annotated[
    str,
    typer.Option(
        "--response", metavar="CURVE", rich_help_panel=EIGHT_BIT,
        help="srgb, linear, power:GAMMA, sigmoid:BETA,GAMMA, emor:FILE[:C1,C2,…], "
        "dorf:FILE:NUMBER or FILE.csv.",
    ),
]  # fmt: skip
Quality = Annotated[int, typer.Option(min=1, max=100, help="Of a JPEG.", rich_help_panel=EIGHT_BIT)]
Bracket = Annotated[
    str | None,
    typer.Option(
        metavar="EV,EV,…", rich_help_panel=SERIES,
        help="Stops against the exposure time, as -2,0,2; write --bracket=-2,0,2.",
    ),
]  # fmt: skip
Burst = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Frames of equal exposure.", rich_help_panel=SERIES),
]
Jitter = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="PERCENT", rich_help_panel=SERIES,
        help="Spread of a bracket's true exposures about the nominal ones.",
    ),
]  # fmt: skip
ShakePx = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="PX", help="Step of a hand between two frames.", rich_help_panel=SERIES
    ),
]
ShakeDeg = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="DEG", help="Turn of a hand between two frames.", rich_help_panel=SERIES
    ),
]
NoTruth = Annotated[
    bool,
    typer.Option("--no-truth", help="Leave OUT.truth.exr away.", rich_help_panel=SERIES),
]


def seen(
    size: str | None, fov: float | None, focal_length: float | None, lens: list[str] | None,
    direction: str | None,
) -> "Seen":  # fmt: skip
    """Make what `apps.light` takes of the options.

    Raises UsageError for a text that cannot be read, or an unknown field of a lens.
    """
    from apps.light import Seen

    return Seen(
        size=None if size is None else _size(size),
        fov_deg=fov,
        focal_length_mm=focal_length,
        lens=_lens(lens) if lens else None,
        direction=None if direction is None else _direction(direction),
    )


def _lens(texts: list[str]) -> "Lens":
    from simulate.optics import Lens

    values = dict(assignment(text) for text in texts)
    if isinstance(values.get("vignetting"), int | float):
        values["vignetting"] = [values["vignetting"]]
    return Lens.from_record(values)


def evs(text: str | None) -> tuple[float, ...]:
    """Read stops with commas.

    Raises UsageError.
    """
    if text is None:
        return ()
    values = _numbers(text)
    if values is None:
        from isp.core.errors import UsageError

        raise UsageError(f'--bracket is stops with commas, as -2,0,2, not "{text}"')
    return tuple(values)


def _size(text: str) -> tuple[int, int]:
    from isp.core.errors import UsageError

    width, times, height = text.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f'--size is WIDTHxHEIGHT in photosites, as 1200x800, not "{text}"')
    return int(height), int(width)


def _direction(text: str) -> Any:
    from isp.core.errors import UsageError

    if text == "random":
        return text
    values = _numbers(text)
    if values is None or len(values) != 2:
        raise UsageError(f'--view is YAW,PITCH in degrees, or random, not "{text}"')
    return values[0], values[1]


def _numbers(text: str) -> list[float] | None:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return values if all(math.isfinite(value) for value in values) else None
