"""fullwell simulate: photograph a scene with a simulated sensor."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import simulate_options as options
from apps.cli.options import LAST_SEED, positive, seconds


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
    pan: options.Pan = None,
    flicker: options.FlickerOf = None,
    ldr: options.Ldr = False,
    response: options.ResponseName = None,
    quality: options.Quality = None,
    bracket: options.Bracket = None,
    burst: options.Burst = None,
    jitter: options.Jitter = None,
    shake_px: options.ShakePx = None,
    shake_deg: options.ShakeDeg = None,
    no_truth: options.NoTruth = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Photograph a linear scene; 1.0 is 100 cd/m2 unless said otherwise here or in the file."""
    from apps.cli.progress import progress
    from apps.simulating import SimulationRequest, photograph

    options.refuse_idle(
        output, ldr=ldr, bracket=bracket, burst=burst, response=response, quality=quality,
        jitter=jitter, shake_px=shake_px, shake_deg=shake_deg, no_truth=no_truth,
    )  # fmt: skip
    request = SimulationRequest(
        scene=scene, camera=camera, iso=iso, exposure_time_s=exposure_time, f_number=f_number,
        seed=seed, body=body, changes=options.assignments("--set", set_), noise=not no_noise,
        luminance_scale_cd_m2=luminance_scale, illuminant=illuminant,
        seen=options.seen(size, fov, focal_length, lens, view),
        shutter=options.shutter(pan, flicker, not ldr and bracket is None and burst is None),
    )  # fmt: skip
    answer: dict[str, Any] | list[dict[str, Any]]
    if ldr:
        from apps.ldr_camera import photograph_8bit
        from apps.responses import response_of
        from apps.series import truth_name

        curve = response_of(response or "srgb")
        with progress("simulate", 4, quiet=quiet) as advance:
            answer = photograph_8bit(
                request, output, curve, truth=None if no_truth else truth_name(output),
                quality=quality or 95, force=force, advance=advance,
            )  # fmt: skip
    elif bracket is not None or burst is not None:
        from apps.series import Series, photograph_series

        series = Series(
            evs=options.evs(bracket), frames=burst or 1, jitter_percent=jitter or 0.0,
            shake_px=shake_px or 0.0, shake_deg=shake_deg or 0.0,
        )  # fmt: skip
        with progress("simulate", 2 + series.count, quiet=quiet) as advance:
            answer = photograph_series(
                request, series, output, truth=not no_truth, force=force, advance=advance
            )
    else:
        with progress("simulate", 4, quiet=quiet) as advance:
            answer = photograph(request, output, force=force, advance=advance)
    if as_json:
        print(json.dumps(answer, indent=1))
    elif not quiet:
        for facts in answer if isinstance(answer, list) else [answer]:
            print(_line(output.with_name(facts["file"]), facts))


def _line(output: Path, facts: dict[str, Any]) -> str:
    """What a person is told of a file."""
    cfa = f" {facts['cfa']}" if "cfa" in facts else ""
    said = [
        f"{facts['width']} x {facts['height']}{cfa}", facts["camera"],
        f"ISO {facts['iso']:g}, {facts['exposure_time_s']:.4g} s, f/{facts['f_number']:g}",
    ]  # fmt: skip
    if facts["view"]:
        drawn = " (drawn)" if facts["view"]["drawn"] else ""
        said.append("view {yaw_deg:.1f},{pitch_deg:.1f}".format(**facts["view"]) + drawn)
    said.append(f"seed {facts['seed']}, body {facts['body']}" if facts["noise"] else "no noise")
    if "response" in facts:
        said.append(f"response {facts['response']['name']}")
    if "mean_expected_e" in facts:
        said.append(f"mean {facts['mean_expected_e']:.1f} e-")
    return f"{output}: {', '.join(said)}, clipped {facts['clipped_percent']:.2f} %"
