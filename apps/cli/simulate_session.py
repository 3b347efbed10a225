"""fullwell simulate session: the flats and darks of a calibration, as files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import LAST_SEED, seconds, size_of


def session(
    camera: Annotated[str, typer.Option(help="A built-in camera's name, or FILE.json.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    iso: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="ISOs; every reading's without it.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the camera."),
    ] = None,
    emva: Annotated[
        bool, typer.Option("--emva", help="16-bit TIFF and an EMVA 1288 descriptor file.")
    ] = False,
    vary: Annotated[str, typer.Option(help="time, or (with --emva) light.")] = "time",
    levels: Annotated[int, typer.Option(help="Exposures from dark to saturation.")] = 50,
    stack: Annotated[int, typer.Option(help="Frames of each stack for the patterns.")] = 32,
    size: Annotated[str, typer.Option(metavar="WxH", help="Photosites.")] = "512x512",
    exposure_time: Annotated[
        float | None,
        typer.Option(parser=seconds, metavar="S", help="Time that saturates, in s; 0.01 without."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of the temporal noise.")
    ] = 0,
    body: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of the camera body: fixed patterns.")
    ] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing session.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Write flats and darks of a simulated camera, which `fullwell calibrate noise` measures."""
    from apps.capture_session import Plan
    from apps.cli.progress import progress
    from apps.cli.simulate_options import assignments
    from apps.session_files import MARK, count_of, write_session
    from apps.simulating import changed
    from isp.core.cfa import Cfa
    from isp.core.errors import UsageError
    from isp.files.profile import load_profile
    from isp.files.whole_folder import refuse_folder

    profile = changed(load_profile(camera), assignments("--set", set_))
    try:
        isos = None if iso is None else sorted({float(part) for part in iso.split(",")})
    except ValueError as error:
        raise UsageError(f'--iso is numbers with commas, as 100,800, not "{iso}"') from error
    isos = isos or sorted({reading.iso for reading in profile.readings})
    plan = Plan(levels=levels, stack=stack, size=size_of(size), varies=vary)
    plan = plan if exposure_time is None else replace(plan, exposure_time_s=exposure_time)
    refuse_folder(output.absolute(), mark=MARK, force=force)
    with progress("session", count_of(profile, isos, plan), quiet=quiet) as advance:
        facts = write_session(
            profile, isos, plan, output, emva=emva, seed=seed, body=body, force=force,
            advance=advance,
        )  # fmt: skip
    if as_json:
        print(json.dumps(facts | {"folder": str(output)}, indent=1, allow_nan=False))
    elif not quiet:
        settings = ", ".join(f"{each:g}" for each in facts["isos"])
        print(
            f"{output}: {facts['flats']} flats, {facts['darks']} darks, {facts['width']} x "
            f"{facts['height']}, {facts['camera']}, ISO {settings}, seed {seed}, body {body}"
        )
        if emva and profile.cfa is not Cfa.MONO:
            print(
                "A descriptor says no mosaic, so this is measured as MONO; to keep the colours "
                f"apart, fullwell calibrate noise {output} --cfa {profile.cfa.name}"
            )
