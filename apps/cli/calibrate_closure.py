"""fullwell calibrate closure: a known camera, simulated, measured blind, compared."""

import json
from typing import Annotated

import typer


def closure(
    camera: Annotated[str, typer.Option(help="A built-in camera's name, or FILE.json.")],
    iso: Annotated[
        float | None, typer.Option(metavar="N", help="ISO; every reading's without it.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Number of the temporal noise.")] = 0,
    body: Annotated[int, typer.Option(min=0, help="Number of the camera body.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """Compare what was measured with what the camera was made of; exit code 1 outside limits."""
    from apps.cli.complaint import complain
    from apps.cli.progress import progress
    from apps.closure import close_loop, table
    from isp.files.profile import load_profile

    profile = load_profile(camera)
    isos = sorted({r.iso for r in profile.readings}) if iso is None else [iso]
    rows = {}
    with progress("closure", len(isos), quiet=quiet) as advance:
        for each in isos:
            rows[each] = close_loop(profile, each, seed=seed, body=body)
            advance(f"ISO {each:g}")
    if as_json:
        record = {f"{each:g}": [row.record() for row in found] for each, found in rows.items()}
        print(json.dumps(record, indent=1, allow_nan=False))
    elif not quiet:
        print(table(rows))
    outside = [
        f"{row.quantity} at ISO {each:g}" for each in rows for row in rows[each] if not row.ok
    ]
    if outside:
        complain(f"{profile.name}: outside its limit: {', '.join(outside)}")
        return 1
    return 0
