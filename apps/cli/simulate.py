"""fullwell simulate: photograph a scene with a simulated sensor."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import simulate_options as options
from apps.cli.options import LAST_SEED, assignment, positive, seconds


def simulate(
    scene: Annotated[
        str, typer.Argument(help="SCENE.exr, SCENE.hdr, or scene:NAME[?PARAMETER=VALUE&…].")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="OUT.dng, .tif or .raw (a dump); .png, .jpg: --ldr."),
    ],
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
    size: options.Size = None,
    fov: options.Fov = None,
    focal_length: options.FocalLength = None,
    lens: options.LensField = None,
    view: options.Direction = None,
    ldr: options.Ldr = False,
    response: options.ResponseName = "srgb",
    quality: options.Quality = 95,
    bracket: options.Bracket = None,
    burst: options.Burst = None,
    jitter: options.Jitter = 0.0,
    shake_px: options.ShakePx = 0.0,
    shake_deg: options.ShakeDeg = 0.0,
    no_truth: options.NoTruth = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Photograph a linear scene; 1.0 is 100 cd/m2 unless said otherwise here or in the file."""
    from apps.cli.progress import progress
    from apps.simulating import SimulationRequest, photograph
    from isp.core.errors import UsageError

    request = SimulationRequest(
        scene=scene, camera=camera, iso=iso, exposure_time_s=exposure_time, f_number=f_number,
        seed=seed, body=body, changes=dict(assignment(text) for text in set_ or []),
        noise=not no_noise, luminance_scale_cd_m2=luminance_scale, illuminant=illuminant,
        seen=options.seen(size, fov, focal_length, lens, view),
    )  # fmt: skip
    if sum((ldr, bracket is not None, burst is not None)) > 1:
        raise UsageError("--ldr, --bracket and --burst are three different cameras; choose one")
    what = f"ISO {iso:g}, {exposure_time:g} s, f/{f_number:g}"
    noise = f"seed {seed}, body {body}" if not no_noise else "no noise"
    if ldr:
        from apps.ldr_camera import photograph_8bit
        from apps.responses import response_of
        from apps.series import truth_name

        truth = None if no_truth else truth_name(output)
        curve = response_of(response)
        with progress("simulate", 4, quiet=quiet) as advance:
            facts: Any = photograph_8bit(
                request, output, curve, truth=truth, quality=quality, force=force, advance=advance
            )
        line = _line(output, facts, what, f"{noise}, response {curve.name}")
    elif bracket is not None or burst is not None:
        from apps.series import Series, photograph_series

        series = Series(
            evs=options.evs(bracket), frames=burst or 1, jitter_percent=jitter,
            shake_px=shake_px, shake_deg=shake_deg,
        )  # fmt: skip
        with progress("simulate", 2 + series.count, quiet=quiet) as advance:
            facts = photograph_series(
                request, series, output, truth=not no_truth, force=force, advance=advance
            )
        line = "\n".join(
            _line(
                output.with_name(f["file"]), f, f"ISO {iso:g}, {f['exposure_time_s']:.4g} s", noise
            )
            for f in facts
        )
    else:
        with progress("simulate", 4, quiet=quiet) as advance:
            facts = photograph(request, output, force=force, advance=advance)
        line = _line(output, facts, what, noise)
    if as_json:
        print(json.dumps(facts, indent=1))
    elif not quiet:
        print(line)


def _line(output: Path, facts: dict[str, Any], what: str, noise: str) -> str:
    mean = f", mean {facts['mean_expected_e']:.1f} e-" if "mean_expected_e" in facts else ""
    cfa = f" {facts['cfa']}" if "cfa" in facts else ""
    return (
        f"{output}: {facts['width']} x {facts['height']}{cfa}, {facts['camera']}, {what}, {noise}"
        f"{mean}, clipped {facts['clipped_percent']:.2f} %"
    )
