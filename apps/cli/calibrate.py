"""fullwell calibrate: what captures say of a camera."""

import typer

from apps.cli.calibrate_check import check
from apps.cli.calibrate_closure import closure
from apps.cli.calibrate_colour import colour
from apps.cli.calibrate_defects import defects
from apps.cli.calibrate_noise import noise
from apps.cli.calibrate_response import response
from apps.cli.calibrate_sfr import sfr
from apps.cli.calibrate_shading import shading

HELP = "Measure a camera by its captures."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def calibrate() -> None:
    """Measure a camera by its captures."""


app.command("noise")(noise)
app.command("check")(check)
app.command("colour")(colour)
app.command("defects")(defects)
app.command("response")(response)
app.command("shading")(shading)
app.command("sfr")(sfr)
app.command("closure")(closure)
