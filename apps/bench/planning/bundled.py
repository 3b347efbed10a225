"""Wholes of bundles, which `run.py bench` times on the target: their stages by the manifest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apps.bench.planning.measured import Measured, Part, Steps
from apps.deploy.runtime import RunError, read_manifest
from apps.recipes import STAGES
from isp.core.errors import FileError
from isp.core.stage import snake_case

NAMES = {snake_case(cls.__name__): name for name, cls in STAGES.items()}
Told = Sequence[tuple[str, Mapping[str, Any]]]  # stage and what the history says of it, in order


def told_by(folders: Sequence[Path]) -> dict[str, Told]:
    """What each bundle is made of, by the hash that its rows carry.

    Raises FileError for a folder that is no bundle, and for one that does not tell its stages.
    """
    found: dict[str, Told] = {}
    for folder in folders:
        try:
            manifest = read_manifest(folder)
            digests = [manifest["files"][g["file"]]["sha256"] for g in manifest["graphs"]]
            history = [(NAMES.get(name, name), dict(said))
                       for name, said in manifest["about"]["stages"]]  # fmt: skip
        except RunError as error:
            raise FileError(folder, str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise FileError(folder, "its manifest does not tell its stages") from error
        found[digest_of(digests)] = history
    return found


def digest_of(digests: Sequence[str]) -> str:
    """The hash that the runner gives a bundle: its graph's, or that of all its graphs' hashes."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest()


def with_stages(
    measured: Measured, bundles: Mapping[str, Told], forms: Sequence[Steps]
) -> Measured:
    """Give rows of the bundles the stages of the form that they are; others stay nameless.

    A form is a bundle's where its stages are the same, set the same: what the history says beside
    is of the shot (gains, matrices) and costs nothing.
    """
    points, nameless = dict(measured.points), {}
    for part, own in measured.nameless.items():
        told = bundles.get(part.sha256 or "")
        form = next((f for f in forms if told is not None and _is(f, told)), None)
        if form is None:
            nameless[part] = own
            continue
        named = Part(form, part.how)
        points[named] = [*points.get(named, ()), *own]
    return Measured(points=points, nameless=nameless)


def _is(form: Steps, told: Told) -> bool:
    if [name for name, _ in form] != [name for name, _ in told]:
        return False
    asked = [json.loads(settings) for _, settings in form]
    return all(set(a) <= set(said) and all(said[k] == a[k] for k in a)
               for a, (_, said) in zip(asked, told, strict=True))  # fmt: skip
