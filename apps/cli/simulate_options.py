"""Options of `fullwell simulate` beyond the exposure: view, lens, 8-bit camera, series."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import assignment, positive, size_of

if TYPE_CHECKING:
    from apps.light import Seen
    from apps.simulating import Shutter
    from simulate.optics import Lens

VIEW = "From where, and through what lens"
EIGHT_BIT = "8-bit camera"
SERIES = "Brackets and bursts (OUT_0.dng, OUT_1.dng …)"

# What acts only together with another option.
NEEDS = {
    "response": ("--ldr",),
    "quality": ("--ldr",),
    "jitter": ("--bracket",),
    "shake-px": ("--bracket", "--burst"),
    "shake-deg": ("--bracket", "--burst"),
    "no-truth": ("--ldr", "--bracket", "--burst"),
}

Size = Annotated[
    str | None,
    typer.Option(
        metavar="WxH", rich_help_panel=VIEW,
        help="Photosites of the sensor. A scene:NAME is rendered for them, and 4 times finer "
        "where a lens or an angle acts; a file fills them, cut to their shape.",
    ),
]  # fmt: skip
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
        help="Once for each field: gaussian_psf_um=N, diffraction=true, defocus_um=N, cos4=true, "
        "vignetting=A[,B…] (of r^2, r^4 …), lateral_colour_ppm=R,G,B, veiling_glare=SHARE, "
        "focal_length_mm=N.",
    ),
]  # fmt: skip
Direction = Annotated[
    str | None,
    typer.Option(
        "--view", metavar="YAW,PITCH", rich_help_panel=VIEW,
        help="Direction in degrees of a view cut from a panorama, or random (by the seed).",
    ),
]  # fmt: skip
Pan = Annotated[
    str | None,
    typer.Option(
        metavar="DOWN,RIGHT", rich_help_panel=VIEW,
        help="Motion of the scene in photosites a second; --set row_time_s=1e-5 rolls the shutter.",
    ),
]  # fmt: skip
FlickerOf = Annotated[
    str | None,
    typer.Option(
        "--flicker", metavar="HZ[,DEPTH]", rich_help_panel=VIEW,
        help="Light that swings, at twice the mains' frequency; depth 1 unless said.",
    ),
]  # fmt: skip
Ldr = Annotated[
    bool,
    typer.Option(
        "--ldr", rich_help_panel=EIGHT_BIT,
        help="Write an 8-bit OUT.png or OUT.jpg, and beside it OUT.masks.png and the linear "
        "light, OUT.truth.exr.",
    ),
]  # fmt: skip
ResponseName = Annotated[
    str | None,
    typer.Option(
        "--response", metavar="CURVE", rich_help_panel=EIGHT_BIT,
        help="srgb (which it is unless said), linear, power:GAMMA, sigmoid:BETA,GAMMA, "
        "emor:FILE[:C1,C2,…], dorf:FILE:NUMBER or FILE.csv.",
    ),
]  # fmt: skip
Quality = Annotated[
    int | None,
    typer.Option(min=1, max=100, help="Of a JPEG; 95 unless said.", rich_help_panel=EIGHT_BIT),
]
Bracket = Annotated[
    str | None,
    typer.Option(
        metavar="EV,EV,…", rich_help_panel=SERIES,
        help="Stops against the exposure time, as -2,0,2; write --bracket=-2,0,2. Each frame has "
        "its electrons beside it, OUT_0.truth.exr …",
    ),
]  # fmt: skip
Burst = Annotated[
    int | None,
    typer.Option(
        min=1, max=1000, metavar="N", help="Frames of equal exposure.", rich_help_panel=SERIES
    ),
]
Jitter = Annotated[
    float | None,
    typer.Option(
        min=0.0, metavar="PERCENT", rich_help_panel=SERIES,
        help="Spread of a bracket's true exposures about the nominal ones.",
    ),
]  # fmt: skip
ShakePx = Annotated[
    float | None,
    typer.Option(
        min=0.0, metavar="PX", help="Step of a hand between two frames.", rich_help_panel=SERIES
    ),
]
ShakeDeg = Annotated[
    float | None,
    typer.Option(
        min=0.0, metavar="DEG", help="Turn of a hand between two frames.", rich_help_panel=SERIES
    ),
]
NoTruth = Annotated[
    bool,
    typer.Option("--no-truth", help="Leave OUT.truth.exr away.", rich_help_panel=SERIES),
]


def refuse_idle(
    output: Path, *, ldr: bool, bracket: str | None, burst: int | None, **given: Any
) -> None:
    """Refuse options that exclude each other, or that would do nothing.

    given: values of `NEEDS` as they came, None or False where they did not.

    Raises UsageError.
    """
    from isp.core.errors import UsageError

    modes = {"--ldr": ldr, "--bracket": bracket is not None, "--burst": burst is not None}
    if sum(modes.values()) > 1:
        raise UsageError("--ldr, --bracket and --burst are three different cameras; choose one")
    for name, wanted in NEEDS.items():
        value = given[name.replace("-", "_")]
        came = value is not None and value is not False  # 0.0 came
        if came and not any(modes[mode] for mode in wanted):
            raise UsageError(f"--{name} does nothing without {' or '.join(wanted)}")
    if given["quality"] is not None and output.suffix.lower() == ".png":
        raise UsageError(f"--quality is of a JPEG, but {output} is a PNG, which loses nothing")


def shutter(pan: str | None, flicker: str | None, single: bool) -> "Shutter":
    """Make what `apps.simulating` takes of --pan and --flicker.

    single: whether one raw is taken; the frames of a series would need their own times.

    Raises UsageError.
    """
    from apps.simulating import Shutter
    from isp.core.errors import UsageError
    from simulate.rolling_shutter import Flicker

    if not single and (pan is not None or flicker is not None):
        raise UsageError("--pan and --flicker are of one raw, without --ldr, --bracket or --burst")
    motion = None if pan is None else _numbers(pan)
    if pan is not None and (motion is None or len(motion) != 2):
        raise UsageError(f'--pan is DOWN,RIGHT in photosites a second, not "{pan}"')
    swing = None if flicker is None else _numbers(flicker)
    if flicker is not None and (swing is None or len(swing) > 2):
        raise UsageError(f'--flicker is HZ or HZ,DEPTH, as 100,0.5, not "{flicker}"')
    return Shutter(
        pan_px_s=None if motion is None else (motion[0], motion[1]),
        flicker=None if swing is None else Flicker(frequency_hz=swing[0],
                                                   depth=swing[1] if len(swing) > 1 else 1.0),
    )  # fmt: skip


def assignments(option: str, texts: list[str] | None) -> dict[str, Any]:
    """Read FIELD=VALUE texts, each field once.

    Raises UsageError naming the option.
    """
    from isp.core.errors import UsageError

    values: dict[str, Any] = {}
    for text in texts or ():
        try:
            name, value = assignment(text)
        except typer.BadParameter as error:
            raise UsageError(f"{option}: {error}") from error
        if name in values:
            raise UsageError(f"{option} {name} came twice; say each field once")
        values[name] = value
    return values


def seen(
    size: str | None, fov: float | None, focal_length: float | None, lens: list[str] | None,
    direction: str | None,
) -> "Seen":  # fmt: skip
    """Make what `apps.light` takes of the options.

    Raises UsageError for a text that cannot be read, or an unknown field of a lens.
    """
    from apps.light import Seen

    return Seen(
        size=None if size is None else size_of(size),
        fov_deg=fov,
        focal_length_mm=focal_length,
        lens=_lens(lens) if lens else None,
        direction=None if direction is None else _direction(direction),
    )


def _lens(texts: list[str]) -> "Lens":
    from isp.core.errors import ProfileError, UsageError
    from simulate.optics import Lens

    values = assignments("--lens", texts)
    for name, value in values.items():
        if name in ("diffraction", "cos4"):
            if not isinstance(value, bool):
                raise UsageError(f"--lens {name} is true or false, not {value!r}")
        elif name in ("vignetting", "lateral_colour_ppm"):
            values[name] = value if isinstance(value, list) else [value]
            if not all(_is_number(part) for part in values[name]):
                raise UsageError(f"--lens {name} is numbers with commas, not {value!r}")
            if name == "lateral_colour_ppm" and len(values[name]) != 3:
                raise UsageError(f"--lens {name} is three numbers R,G,B, not {value!r}")
        elif name == "name":
            values[name] = str(value)
        elif name in Lens.__dataclass_fields__ and not _is_number(value):
            raise UsageError(f"--lens {name} is a number, not {value!r}")
    try:
        return Lens.from_record(values)
    except ProfileError as error:
        raise UsageError(f"--lens: {error}") from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


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
