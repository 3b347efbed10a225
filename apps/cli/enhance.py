"""fullwell enhance: what trained networks make of pictures."""

import typer

from apps.cli.enhance_denoise import denoise

HELP = "Enhance pictures by trained networks."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def enhance() -> None:
    """Enhance pictures by trained networks."""


app.command("denoise")(denoise)
