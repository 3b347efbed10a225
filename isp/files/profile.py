"""Sensor profiles as JSON files: the cameras that come with the program, and the user's own."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from importlib import resources
from pathlib import Path
from typing import Any

from isp.core.cfa import Cfa
from isp.core.errors import FileError, ProfileError, UsageError
from isp.core.readings import Reading
from isp.core.sensor import FORMAT_VERSION, ColourMatrixEntry, Defect, SensorProfile
from isp.core.spectral import SpectralSensitivity
from isp.files.finite import first_not_finite
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.safe_write import refuse_output, safe_write

_WHOLE = {"bit_depth", "width", "height", "branch"}
_PER_CHANNEL = ("optical_crosstalk", "electrical_crosstalk", "shading")
_OWN_KEYS = {f.name for f in fields(SensorProfile)} - {"extra"}


def builtin_names() -> tuple[str, ...]:
    """Return the cameras that come with the program, sorted."""
    folder = resources.files("isp.profiles")
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".json")))


def load_profile(name_or_path: str | Path) -> SensorProfile:
    """Return a built-in camera by its name, or the profile in a JSON file.

    A file is validated field by field; unknown keys are kept in `extra`.

    Raises ProfileError naming file and field, FileError where there is no such file.

    >>> load_profile("SonyA7S2").cfa.name
    'RGGB'
    """
    text = str(name_or_path)
    if text in builtin_names():
        source = resources.files("isp.profiles") / f"{text}.json"
        return _profile(json.loads(source.read_text(encoding="utf-8")), text)
    path = Path(name_or_path)
    if path.suffix != ".json" and not path.exists():
        known = ", ".join(builtin_names())
        raise ProfileError(f'no camera is named "{text}"; known: {known}; or pass a FILE.json')
    look_at(path, Limits())
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"it is not a JSON file ({error})") from error
    return profile_from(values, path)


def profile_from(values: Any, origin: Path) -> SensorProfile:
    """Make a profile of the JSON values that a user's file holds.

    Raises ProfileError naming file and field.
    """
    if not isinstance(values, dict):
        raise ProfileError(f"{origin}: a sensor profile is a JSON object")
    place = first_not_finite(values)
    if place is not None:
        raise ProfileError(f"{origin}: {place} is not a finite number")
    _validate(values, origin)
    return _profile(values, str(origin))


def refuse_profile(path: Path, *, force: bool) -> None:
    """Refuse, before any work, a profile's name that is no .json, or that may not be written.

    Raises UsageError, OutputError.
    """
    if path.suffix.lower() != ".json":
        raise UsageError(f"{path}: a camera profile is written as .json")
    refuse_output(path, force=force)


def save_profile(profile: SensorProfile, path: str | Path, *, force: bool = False) -> None:
    """Write a profile as JSON that `load_profile` reads back equal.

    Raises ProfileError for a number that JSON has none for, OutputError when it may not or cannot
    be written.
    """
    record = profile_record(profile)
    place = first_not_finite(record)
    if place is not None:
        raise ProfileError(f"{profile.name}: {place} is not a finite number")
    with safe_write(path, force=force) as there:
        text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False)
        there.write_text(text + "\n", encoding="utf-8")


def profile_record(profile: SensorProfile) -> dict[str, Any]:
    """Return a profile as plain JSON values, `format_version` and unknown keys included."""
    own = {name: getattr(profile, name) for name in sorted(_OWN_KEYS)}
    own["cfa"] = profile.cfa.name
    own["readings"] = [_without_none(asdict(r)) for r in profile.readings]
    own["colour_matrices"] = [_without_none(asdict(m)) for m in profile.colour_matrices]
    own["defects"] = [asdict(d) for d in profile.defects]
    own["sources"] = dict(profile.sources)
    own |= {name: dict(getattr(profile, name)) for name in _PER_CHANNEL}
    if profile.spectral_sensitivity is not None:
        own["spectral_sensitivity"] = asdict(profile.spectral_sensitivity)
    return dict(profile.extra) | {"format_version": FORMAT_VERSION} | _without_none(own)


def _profile(values: Mapping[str, Any], origin: str) -> SensorProfile:
    """Make the dataclass of JSON values; its own checks name the field."""
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise ProfileError(
            f"{origin}: format_version {FORMAT_VERSION} is expected, but it is {version}"
        )
    known = {k: v for k, v in _floats(values).items() if k in _OWN_KEYS}
    extra = {k: v for k, v in values.items() if k not in _OWN_KEYS and k != "format_version"}
    try:
        known["cfa"] = _cfa(values["cfa"])
        known["black_level_dn"] = tuple(float(v) for v in values["black_level_dn"])
        known["readings"] = tuple(_reading(r) for r in values["readings"])
        table = values.get("linearization_table_dn", ())
        known["linearization_table_dn"] = tuple(int(v) for v in table)
        known["colour_matrices"] = tuple(
            ColourMatrixEntry(
                illuminant=m["illuminant"],
                xyz_to_camera=_matrix(m["xyz_to_camera"]),
                forward=_matrix(m["forward"]) if "forward" in m else None,
                calibration=_matrix(m["calibration"]) if "calibration" in m else None,
            )
            for m in values.get("colour_matrices", ())
        )
        known["defects"] = tuple(Defect(**d) for d in values.get("defects", ()))
        known["assumed"] = tuple(values.get("assumed", ()))
        known |= {name: _per_channel(values.get(name, {})) for name in _PER_CHANNEL}
        known["spectral_sensitivity"] = _sensitivity(values.get("spectral_sensitivity"))
        return SensorProfile(**known, extra=extra)
    except KeyError as error:
        raise ProfileError(f"{origin}: the field {error.args[0]} is missing") from error
    except TypeError as error:
        raise ProfileError(f"{origin}: a field is of the wrong kind ({error})") from error
    except ProfileError as error:
        raise ProfileError(f"{origin}: {error}") from error


def _matrix(rows: Iterable[Iterable[Any]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in row) for row in rows)


def _per_channel(values: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    return {channel: tuple(float(v) for v in row) for channel, row in dict(values).items()}


def _reading(values: Mapping[str, Any]) -> Reading:
    bias = tuple(float(v) for v in values.get("colour_bias_dn", ()))
    channels = tuple((str(c), float(k), float(s)) for c, k, s in values.get("channel_noise", ()))
    return Reading(**_floats(values) | {"colour_bias_dn": bias, "channel_noise": channels})


def _sensitivity(values: Mapping[str, Any] | None) -> SpectralSensitivity | None:
    if values is None:
        return None
    return SpectralSensitivity(
        wavelengths_nm=tuple(float(w) for w in values["wavelengths_nm"]),
        quantum_efficiency={
            c: tuple(float(v) for v in row) for c, row in values["quantum_efficiency"].items()
        },
    )


def _cfa(value: Any) -> Cfa:
    """A name, or rows as ["RG", "GB"]."""
    return Cfa.named(value) if isinstance(value, str) else Cfa(tuple(tuple(row) for row in value))


def _validate(values: dict[str, Any], path: Path) -> None:
    """Check types with pydantic, where it is installed; the dataclass checks the rest."""
    try:
        from isp.files.profile_model import first_trouble
    except ImportError:
        return
    trouble = first_trouble(values)
    if trouble is not None:
        raise ProfileError(f"{path}: {trouble}")


def _floats(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make floats of the whole numbers that JSON has where a field is a float."""
    return {
        k: float(v) if isinstance(v, int) and not isinstance(v, bool) and k not in _WHOLE else v
        for k, v in values.items()
    }


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None}
