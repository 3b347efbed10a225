"""The profile of a sensor not yet built, out of its data sheet; what is missing is derived."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from isp.core.cfa import Cfa
from isp.core.emva import EmvaNumbers, profile_from_emva
from isp.core.errors import ProfileError, UsageError
from isp.core.noise_table import profile_from_noise_table
from isp.core.sensor import SensorProfile
from isp.files.efficiency import ALONE, read_efficiency
from isp.files.noise_profiles import read_darktable
from isp.files.profile import load_profile, profile_record
from isp.files.safe_write import refuse_output, safe_write
from simulate.camera_matrix import fitted_matrices

COLOURS_OF = "GenericPhone"  # whose colour matrices stand in
FILTER_SHARE = 1 / 3  # of 400-700 nm that a colour filter passes (CONVENTIONS 5.1)

# In the order of the file: each field, and what stands above it.
COMMENTS = {
    "name": "what the sensor is called; part of the key of its random draws",
    "cfa": "colour filter array: RGGB, BGGR, GRBG, GBRG, MONO, XTRANS, or rows as RG/GB",
    "bit_depth": "bits of the converter",
    "black_level_dn": "DN of no light, one for each site of the CFA's period in reading order",
    "white_level_dn": "DN of saturation",
    "pixel_pitch_um": "micrometres from one photosite to the next",
    "fill_factor": "share of that area that collects light, microlens included",
    "quantum_efficiency": "electrons per photon, mean over 400-700 nm of green or the only channel",
    "spectral_sensitivity": "quantum efficiency of every channel over wavelength",
    "full_well_e": "electrons that a photosite holds",
    "readings": "for each ISO: system gain K in DN/e-; standard deviations of read, row and column "
    "noise in e-; tukey_lambda_shape and _scale_e for heavy tails; colour_bias_dn, the black "
    "level's error; branch 1 for the high conversion gain",
    "prnu_percent": "standard deviation of the photosites' gains",
    "dsnu_e": "standard deviation of the photosites' offsets",
    "dark_current_e_per_s": "mean at dark_current_temperature_c",
    "dark_current_temperature_c": "degrees Celsius at which the dark current was measured",
    "doubling_temperature_k": "kelvins that double the dark current",
    "temperature_c": "degrees Celsius of the simulated sensor",
    "colour_matrices": "XYZ to camera RGB under an illuminant, row-major (DNG's ColorMatrix)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSheet:
    """What a user gives; units are in the names of EmvaNumbers.

    quantum_efficiency: a number, or a CSV file. darktable: a noiseprofiles.json, and the camera's
    model in it, for gain and read noise per ISO.
    """

    numbers: EmvaNumbers
    cfa: str = "RGGB"
    name: str | None = None
    isos: tuple[float, ...] = ()
    read_noises_e: tuple[float, ...] = ()
    quantum_efficiency: str | None = None
    temperature_c: float | None = None
    darktable: tuple[Path, str] | None = None


def write_template(sheet: DataSheet, output: Path, *, force: bool = False) -> list[str]:
    """Write the profile with comments; returns what was derived or assumed, a line each.

    A comment is a key `_comment_FIELD`, which `load_profile` keeps as an unknown key. The file
    loads and simulates as it is.

    Raises UsageError when neither gain nor full well can be had, or a number is out of range;
    FileError for a CSV or noiseprofiles.json that is not sound; OutputError.
    """
    if output.suffix.lower() != ".json":
        raise UsageError(f"{output}: a camera is written as .json")
    refuse_output(output, force=force)
    try:
        profile = profile_of(sheet, sheet.name or output.stem)
    except ProfileError as error:  # every number of it is an argument
        raise UsageError(str(error)) from error
    with safe_write(output, force=force) as place:
        text = json.dumps(commented(profile), indent=1, allow_nan=False)
        place.write_text(text + "\n", encoding="utf-8")
    return notes(profile)


def notes(profile: SensorProfile) -> list[str]:
    """What in a profile was derived, assumed or left out: its sources, the assumed ones first."""
    said = sorted(profile.sources.items(), key=lambda item: not item[1].startswith("assumed"))
    return [f"{name}: {source}" for name, source in said if not source.startswith("given")]


def profile_of(sheet: DataSheet, name: str) -> SensorProfile:
    """The profile of a data sheet."""
    cfa = Cfa.named(sheet.cfa)
    numbers = sheet.numbers
    fields: dict[str, Any] = {}
    sources: dict[str, str] = {}
    if sheet.quantum_efficiency is not None:
        efficiency, fields, sources = _efficiency(sheet.quantum_efficiency, cfa)
        numbers = replace(numbers, quantum_efficiency=efficiency)
    assumed = {n for n, source in sources.items() if source.startswith("assumed")}
    if cfa.channels == ("R", "G", "B"):
        curve = fields.get("spectral_sensitivity")
        if curve is not None:
            fields["colour_matrices"] = fitted_matrices(curve)
            sources["colour_matrices"] = "fitted to spectral_sensitivity"
        else:
            fields["colour_matrices"] = load_profile(COLOURS_OF).colour_matrices
            sources["colour_matrices"] = f"assumed: those of {COLOURS_OF}"
            assumed.add("colour_matrices")
    if sheet.temperature_c is not None:
        fields["temperature_c"] = sheet.temperature_c
    if sheet.darktable is None:
        return _with_notes(
            profile_from_emva(
                numbers, name=name, cfa=cfa, isos=sheet.isos, read_noises_e=sheet.read_noises_e,
                **fields,
            ),
            sources, assumed,
        )  # fmt: skip
    return _from_darktable(sheet, numbers, name, cfa, fields, sources, assumed)


def _with_notes(
    profile: SensorProfile, sources: dict[str, str], assumed: set[str]
) -> SensorProfile:
    return replace(
        profile,
        sources=dict(profile.sources) | sources,
        assumed=tuple(sorted({*profile.assumed, *assumed})),
    )


def _from_darktable(
    sheet: DataSheet,
    numbers: EmvaNumbers,
    name: str,
    cfa: Cfa,
    fields: dict[str, Any],
    sources: dict[str, str],
    assumed: set[str],
) -> SensorProfile:
    """Gain and read noise of darktable's table, all else of the data sheet."""
    path, model = sheet.darktable or (Path(), "")
    if numbers.black_level_dn is None:
        raise UsageError("darktable's numbers are relative to white - black; pass --black-level")
    if numbers.system_gain_dn_per_e or sheet.read_noises_e or sheet.isos:
        raise UsageError("with --darktable, gain, read noise and ISO come from its table")
    table = profile_from_noise_table(
        read_darktable(path, model),
        name=name,
        cfa=cfa,
        bit_depth=numbers.bit_depth,
        black_level_dn=(numbers.black_level_dn,) * (cfa.period[0] * cfa.period[1]),
        white_level_dn=numbers.white_level_dn or 2.0**numbers.bit_depth - 1,
        source=f"darktable, {path.name}, {model}: green, its variances times 12.8 (Haar band of "
        "PPG-demosaiced green, see read_darktable)",
    )
    first = table.readings[0]
    whole = profile_from_emva(
        replace(
            numbers,
            system_gain_dn_per_e=first.system_gain_dn_per_e,
            temporal_dark_noise_e=first.read_noise_e,
            saturation_capacity_e=numbers.saturation_capacity_e or table.full_well_e,
        ),
        name=name, cfa=cfa, isos=[first.iso], **fields,
    )  # fmt: skip
    kept = dict(table.sources)
    doubtful = {*table.assumed, "readings.system_gain_dn_per_e"}
    if numbers.saturation_capacity_e is not None:
        kept.pop("full_well_e", None)
        doubtful.discard("full_well_e")
    return _with_notes(replace(whole, readings=table.readings), kept | sources, assumed | doubtful)


def _efficiency(text: str, cfa: Cfa) -> tuple[float, dict[str, Any], dict[str, str]]:
    """Mean over 400-700 nm, fields and sources, of a number or a CSV file."""
    try:
        return float(text), {}, {}
    except ValueError:
        pass
    curve = read_efficiency(text)
    source = f"mean over 400-700 nm of {Path(text).name}"
    channels = cfa.channels
    if set(channels) <= set(curve.quantum_efficiency):
        main = "G" if "G" in channels else channels[0]
        fields = {"spectral_sensitivity": curve}
        sources = {"spectral_sensitivity": Path(text).name}
        return curve.mean_efficiency(main), fields, sources | {"quantum_efficiency": source}
    if set(curve.quantum_efficiency) == {ALONE}:
        share = "assumed: a filter that passes a third of 400-700 nm, times the "
        mean = curve.mean_efficiency(ALONE) * FILTER_SHARE
        return mean, {}, {"quantum_efficiency": share + source}
    raise UsageError(
        f"{text}: it has {', '.join(curve.quantum_efficiency)}, but {cfa.name} needs "
        f"{', '.join(channels)}, or one curve named qe"
    )


def commented(profile: SensorProfile) -> dict[str, Any]:
    """The profile's JSON values in reading order, a comment above each field."""
    values = profile_record(profile)
    told: dict[str, Any] = {
        "_comment": "A sensor profile of fullwell. Keys that begin with _ are comments; a field "
        "that is left out has no effect. `sources` says where each number comes from and "
        "`assumed` lists what nobody measured: change those first.",
        "format_version": values.pop("format_version"),
    }
    for name, comment in COMMENTS.items():
        if name in values:
            told |= {f"_comment_{name}": comment, name: values.pop(name)}
    last = {name: values.pop(name) for name in ("sources", "assumed")}
    told["_comment_more"] = (
        "effects that a data sheet seldom tells; 0 is off (isp.core.sensor.SensorProfile says what "
        "each is)"
    )
    return told | {k: v for k, v in values.items() if not isinstance(v, list) or v} | last
