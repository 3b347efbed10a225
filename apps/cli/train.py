"""fullwell train: clean light for training, and networks trained on it."""

import typer

from apps.cli.train_denoise import denoise
from apps.cli.train_light import light

HELP = "Train networks on simulated captures of clean light."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def train() -> None:
    """Train networks on simulated captures of clean light."""


app.command("light")(light)
app.command("denoise")(denoise)
