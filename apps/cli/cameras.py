"""fullwell cameras: sensor profiles, those that come with the program and the user's own."""

import json
from typing import Annotated

import typer

from apps.cli.cameras_libcamera import from_libcamera, to_libcamera
from apps.cli.cameras_show import show
from apps.cli.cameras_template import new

HELP = "Sensor profiles: those that come with the program, their noise, and new ones."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def cameras() -> None:
    """Sensor profiles: those that come with the program, their noise, and new ones."""


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the built-in cameras, and which of their numbers are assumed."""
    from isp.files.profile import builtin_names, load_profile, profile_record

    profiles = [load_profile(name) for name in builtin_names()]
    if as_json:
        print(json.dumps([profile_record(p) for p in profiles], indent=1))
        return
    print(f"{'name':<24}{'CFA':<7}{'bits':<6}{'pitch':<9}{'full well':<12}{'ISO':<13}assumed")
    for p in profiles:
        isos = [r.iso for r in p.readings]
        well = f"{p.full_well_e:.0f} e-" if p.full_well_e else "unknown"
        pitch = f"{p.pixel_pitch_um:g} um" if p.pixel_pitch_um else "unknown"
        span = f"{min(isos):g}" if len(isos) == 1 else f"{min(isos):g}-{max(isos):g}"
        assumed = ", ".join(p.assumed) or "nothing"
        print(f"{p.name:<24}{p.cfa.name:<7}{p.bit_depth:<6}{pitch:<9}{well:<12}{span:<13}{assumed}")


app.command("show")(show)
app.command("new")(new)
app.command("from-libcamera")(from_libcamera)
app.command("to-libcamera")(to_libcamera)
