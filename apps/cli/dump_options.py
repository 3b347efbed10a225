"""Options that describe a headerless dump, shared by the verbs that read raw files."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags

R = TypeVar("R")

PANEL = "Headerless dumps (the same keys may stand in a sidecar NAME.json)"

Width = Annotated[int | None, typer.Option(help="Columns.", rich_help_panel=PANEL)]
Height = Annotated[int | None, typer.Option(help="Rows.", rich_help_panel=PANEL)]
Bits = Annotated[int | None, typer.Option(help="Bits of a DN.", rich_help_panel=PANEL)]
Packing = Annotated[
    str | None, typer.Option(help="u8, u16, mipi10, mipi12 or mipi14.", rich_help_panel=PANEL)
]
Stride = Annotated[int | None, typer.Option(help="Bytes per row.", rich_help_panel=PANEL)]
Offset = Annotated[
    int | None, typer.Option(help="Bytes before the first frame.", rich_help_panel=PANEL)
]
Endian = Annotated[str | None, typer.Option(help="little or big.", rich_help_panel=PANEL)]
Align = Annotated[
    str | None, typer.Option(help="lsb or msb: where the bits sit.", rich_help_panel=PANEL)
]
CfaName = Annotated[
    str | None, typer.Option("--cfa", help="Pattern, as RGGB.", rich_help_panel=PANEL)
]
Black = Annotated[
    str | None,
    typer.Option("--black-level", help="DN, one or one per site.", rich_help_panel=PANEL),
]
White = Annotated[
    float | None, typer.Option("--white-level", help="DN of saturation.", rich_help_panel=PANEL)
]
FrameIndex = Annotated[
    int | None, typer.Option("--frame", help="Which frame, from 0.", rich_help_panel=PANEL)
]


# In the order of the help.
OPTIONS: dict[str, Any] = {
    "width": Width, "height": Height, "bits": Bits, "packing": Packing, "stride": Stride,
    "offset": Offset, "endian": Endian, "align": Align, "cfa": CfaName, "black_level": Black,
    "white_level": White, "frame": FrameIndex,
}  # fmt: skip


def takes_dumps(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command these options, behind its own, in place of its argument `flags`.

    The command is called with `flags`, what `dump_flags` makes of them.
    """

    @functools.wraps(command)
    def with_flags(**given: Any) -> R:
        said = {name: given.pop(name, None) for name in OPTIONS}
        return command(**given, flags=dump_flags(**said))

    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.name != "flags"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in OPTIONS.items()
    ]
    # Both are where typer looks.
    with_flags.__signature__ = own.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]  # inspect's own name
    with_flags.__annotations__ = {p.name: p.annotation for p in (*kept, *more)}
    return with_flags


def dump_flags(**given: Any) -> "DumpFlags | None":
    """Return the flags that were given, or None when none was.

    Raises UsageError for a value that cannot be read.
    """
    from isp.core.errors import UsageError
    from isp.files.dump import DumpFlags

    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        return None
    if "black_level" in said:
        text = said["black_level"]
        try:
            said["black_level"] = tuple(float(part) for part in text.split(","))
        except ValueError as error:
            raise UsageError(f'--black-level is numbers with commas, not "{text}"') from error
    return DumpFlags(**said)
