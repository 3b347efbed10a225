"""fullwell cameras new: a profile out of data-sheet numbers."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import positive

Number = float | None


def number(help_: str, metavar: str) -> typer.models.OptionInfo:
    """An option that takes a number of zero or more."""
    option: typer.models.OptionInfo = typer.Option(help=help_, metavar=metavar, min=0.0)
    return option


def new(
    output: Annotated[Path, typer.Argument(metavar="OUT.json", help="The profile to write.")],
    bits: Annotated[int, typer.Option(min=1, max=32, help="Bits of the converter.")],
    name: Annotated[str | None, typer.Option(help="The sensor's name; else the file's.")] = None,
    cfa: Annotated[str, typer.Option(help="Pattern: RGGB, MONO, XTRANS, RG/GB …")] = "RGGB",
    pitch: Annotated[Number, number("Pixel pitch, micrometres.", "UM")] = None,
    full_well: Annotated[Number, number("Full well or saturation capacity.", "E")] = None,
    read_noise: Annotated[
        str | None, typer.Option(metavar="E[,E]", help="Read noise in e-, one or one per ISO.")
    ] = None,
    gain: Annotated[Number, number("System gain K at the first ISO.", "DN/E")] = None,
    qe: Annotated[
        str | None,
        typer.Option(metavar="N|QE.csv", help="Mean 400-700 nm, filter included; or a CSV."),
    ] = None,
    prnu: Annotated[Number, number("PRNU, percent.", "PERCENT")] = None,
    dsnu: Annotated[Number, number("DSNU, e-.", "E")] = None,
    dark_current: Annotated[Number, number("Dark current, e-/s.", "E/S")] = None,
    dark_temperature: Annotated[
        float | None, typer.Option(metavar="C", help="Celsius at which it was measured.")
    ] = None,
    doubling: Annotated[Number, number("Kelvins that double the dark current.", "K")] = None,
    temperature: Annotated[
        float | None, typer.Option(metavar="C", help="Celsius of the sensor that is simulated.")
    ] = None,
    black_level: Annotated[Number, number("DN of no light.", "DN")] = None,
    white_level: Annotated[Number, number("DN of saturation.", "DN")] = None,
    snr_max: Annotated[Number, number("EMVA 1288: SNR max, in place of --full-well.", "DB")] = None,
    dynamic_range: Annotated[
        Number, number("EMVA 1288: dynamic range, for full well or read noise.", "DB")
    ] = None,
    sensitivity: Annotated[
        Number, number("EMVA 1288: absolute sensitivity, in place of --read-noise.", "E")
    ] = None,
    iso: Annotated[
        str | None, typer.Option(metavar="N[,N]", help="ISO settings; the first has --gain.")
    ] = None,
    darktable: Annotated[
        Path | None, typer.Option(help="noiseprofiles.json for gain and read noise per ISO.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The camera in --darktable.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Write a commented profile from a data sheet; say what was derived and what assumed."""
    from apps.camera_template import DataSheet, write_template
    from isp.core.emva import EmvaNumbers

    if (darktable is None) != (model is None):
        raise typer.BadParameter("--darktable and --model go together")
    noises = numbers(read_noise, "--read-noise")
    sheet = DataSheet(
        numbers=EmvaNumbers(
            bit_depth=bits, system_gain_dn_per_e=gain, saturation_capacity_e=full_well,
            snr_max_db=snr_max, dynamic_range_db=dynamic_range,
            absolute_sensitivity_e=sensitivity,
            temporal_dark_noise_e=noises[0] if len(noises) == 1 else None,
            dsnu_e=dsnu, prnu_percent=prnu, dark_current_e_per_s=dark_current,
            dark_current_temperature_c=dark_temperature, doubling_temperature_k=doubling,
            pixel_pitch_um=pitch, black_level_dn=black_level, white_level_dn=white_level,
        ),
        name=name, cfa=cfa, isos=numbers(iso, "--iso"),
        read_noises_e=noises if len(noises) > 1 else (), quantum_efficiency=qe,
        temperature_c=temperature,
        darktable=None if darktable is None or model is None else (darktable, model),
    )  # fmt: skip
    said = write_template(sheet, output, force=force)
    if as_json:
        print(json.dumps({"file": str(output), "notes": said}, indent=1))
    elif not quiet:
        print(f"{output}: written; what the data sheet did not say:")
        print(*(f"  {line}" for line in said), sep="\n")


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Read positive numbers parted by commas; none for None.

    >>> numbers("2.5,1.8", "--read-noise")
    (2.5, 1.8)
    """
    if text is None:
        return ()
    try:
        return tuple(positive(part) for part in text.split(","))
    except typer.BadParameter as error:
        raise typer.BadParameter(
            f'{option} takes positive numbers parted by commas, got "{text}"'
        ) from error
