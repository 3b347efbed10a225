"""fullwell doctor: versions, devices and codecs of this machine."""

import json
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Report the versions, devices and codecs that fullwell finds."""
    from apps.diagnosis import diagnose

    found = diagnose()
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for group, facts in found.items():
        print(group)
        for name, value in facts.items():
            print(f"  {name:<24} {value}")
