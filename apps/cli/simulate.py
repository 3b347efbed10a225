"""fullwell simulate: photograph a scene with a simulated sensor."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import LAST_SEED, assignment, positive, seconds


def simulate(
    scene: Annotated[str, typer.Argument(help="SCENE.exr, SCENE.hdr, or scene:interior.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="OUT.dng, or OUT.raw (a dump).")],
    camera: Annotated[str, typer.Option(help="A built-in camera's name, or FILE.json.")],
    iso: Annotated[float, typer.Option(parser=positive, metavar="N", help="ISO setting.")],
    exposure_time: Annotated[
        float, typer.Option(parser=seconds, metavar="S", help="Seconds, as 0.5 or 1/60.")
    ],
    f_number: Annotated[float, typer.Option(parser=positive, metavar="N", help="F-number.")],
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of the temporal noise.")
    ] = 0,
    body: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of the camera body: fixed patterns.")
    ] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the camera."),
    ] = None,
    no_noise: Annotated[bool, typer.Option("--no-noise", help="Write the expected DN.")] = False,
    luminance_scale: Annotated[
        float | None,
        typer.Option(parser=positive, metavar="CD_M2", help="cd/m2 of scene value 1.0."),
    ] = None,
    illuminant: Annotated[str, typer.Option(help="Light of the scene: D65, A, D50 …")] = "D65",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Photograph a linear scene; 1.0 is 100 cd/m2 unless said otherwise here or in the file."""
    from apps.cli.progress import progress
    from apps.simulating import SimulationRequest, photograph

    request = SimulationRequest(
        scene=scene, camera=camera, iso=iso, exposure_time_s=exposure_time, f_number=f_number,
        seed=seed, body=body, changes=dict(assignment(text) for text in set_ or []),
        noise=not no_noise, luminance_scale_cd_m2=luminance_scale, illuminant=illuminant,
    )  # fmt: skip
    with progress("simulate", 4, quiet=quiet) as advance:
        facts = photograph(request, output, force=force, advance=advance)
    if as_json:
        print(json.dumps(facts, indent=1))
    elif not quiet:
        print(
            f"{output}: {facts['width']} x {facts['height']} {facts['cfa']}, {facts['camera']}, "
            f"ISO {iso:g}, {exposure_time:g} s, f/{f_number:g}, "
            + (f"seed {seed}, body {body}" if not no_noise else "no noise")
            + f", mean {facts['mean_expected_e']:.1f} e-, clipped {facts['clipped_percent']:.2f} %"
        )
