"""Options that say how light is written, shared by the verbs that write pictures."""

from typing import Annotated

import typer

Space = Annotated[
    str | None,
    typer.Option(
        help="Primaries: bt709, p3 or bt2020; of an exr also acescg. By default bt709 for "
        "SDR and exr, bt2020 for HDR."
    ),
]
White = Annotated[
    float | None,
    typer.Option(
        metavar="CD_M2",
        help="Luminance of linear 1.0: in HDR and jxl by default 203; an exr says none unless "
        "it is given or known.",
    ),
]
