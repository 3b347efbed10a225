"""fullwell calibrate colour: ColorCheckers, or spectral sensitivities, into colour matrices."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.complaint import complain


def colour(
    charts: Annotated[
        list[Path] | None,
        typer.Argument(help="Raw files that show a ColorChecker Classic, one a light."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare the default development with the reference.")
    ] = False,
    illuminant: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Lights of the charts: A, D50, D55, D65 or D75."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="least-squares, least-squares-white, delta-e, root-polynomial-2 or -3; all are "
            "compared."
        ),
    ] = "delta-e",
    corners: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,X,Y,X,Y,X,Y",
            help="Centres of dark skin, bluish green, black and white, where it is not found; "
            "once a chart.",
        ),
    ] = None,
    sensitivity: Annotated[
        Path | None,
        typer.Option(help="Spectral sensitivities in place of a chart, rawtoaces JSON or CSV."),
    ] = None,
    training: Annotated[
        Path | None, typer.Option(help="Paints to fit sensitivities to, rawtoaces JSON.")
    ] = None,
    limit: Annotated[
        float,
        typer.Option(min=0.0, help="Of --check: largest mean dE00, white from the chart's greys."),
    ] = 5.0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The profile to write, .json; of --check .html, .png."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="Write a recipe with the chart's root polynomial, .json.")
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(help="Camera whose numbers the file does not say, or that takes matrices."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The camera's name; else the file's.")] = None,
    repeats: Annotated[int, typer.Option(min=0, help="Charts by which intervals are made.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Of the repeated charts' noise.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """Measure a camera's colour matrices by charts, with the colour error each fit leaves."""
    pointed = [points(text) for text in corners or ()]
    lights = [part.strip() for part in illuminant.split(",")] if illuminant else []
    if pointed and len(pointed) != len(charts or ()):
        raise typer.BadParameter("--corners comes once for each chart, or not at all")
    if sensitivity is not None:
        if charts or check or recipe:
            raise typer.BadParameter("--sensitivity takes no charts, --check or --recipe")
        return _by_sensitivity(
            sensitivity, lights, training, method, camera, output,
            force=force, quiet=quiet, as_json=as_json,
        )  # fmt: skip
    if not charts:
        raise typer.BadParameter("a chart is needed, or --sensitivity")
    if check:
        if len(charts) != 1:
            raise typer.BadParameter("--check takes one chart")
        return _check(
            charts[0], pointed, camera, limit, output, force=force, quiet=quiet, as_json=as_json
        )
    options = {
        "illuminants": lights, "method": method, "corners": pointed, "camera": camera,
        "name": name, "repeats": repeats, "seed": seed,
    }  # fmt: skip
    return _by_charts(charts, options, output, recipe, force=force, quiet=quiet, as_json=as_json)


def _by_charts(
    charts: list[Path], options: dict[str, Any], output: Path | None, recipe: Path | None,
    *, force: bool, quiet: bool, as_json: bool,
) -> int:  # fmt: skip
    from apps.cli.progress import progress
    from apps.colour_calibration import calibrate_colour, root_polynomial_recipe, sentences
    from apps.colour_check import read_chart
    from isp.files.profile import save_profile
    from isp.files.safe_write import refuse_output, safe_write

    if output is not None:
        _need_matrix(output, options)
    for place in (output, recipe):
        if place is not None:
            refuse_output(place, force=force)
    if recipe is not None and (len(charts) != 1 or "root" not in options["method"]):
        raise typer.BadParameter("--recipe takes one chart, and --method root-polynomial-2 or -3")
    with progress("colour", len(charts), quiet=quiet) as advance:
        found = calibrate_colour(charts, advance=advance, **options)
    if output is not None and found.profile is not None:
        save_profile(found.profile, output, force=force)
    if recipe is not None:
        profile = read_chart(charts[0], options["camera"]).need_profile()
        text = root_polynomial_recipe(found, profile).as_json()
        with safe_write(recipe, force=force) as written:
            written.write_text(text + "\n", encoding="utf-8")
    _tell(found.record(), sentences(found), quiet=quiet, as_json=as_json)
    for chart in found.charts:
        if chart.readings.refused and not quiet:
            complain(
                f"{chart.source}: clipped, and left out: {', '.join(chart.readings.refused)}; "
                "shoot the chart again, darker"
            )
    return 0


def _need_matrix(output: Path, options: dict[str, Any]) -> None:
    if output.suffix.lower() != ".json":
        raise typer.BadParameter(f"{output}: a profile is written as .json")
    if not options["illuminants"]:
        raise typer.BadParameter("a profile's matrices need their lights; pass --illuminant A,D65")
    if options["method"] not in ("delta-e", "least-squares-white"):
        raise typer.BadParameter(
            "a profile takes a matrix that keeps white: --method delta-e or least-squares-white"
        )


def _by_sensitivity(
    path: Path, lights: list[str], training: Path | None, method: str, camera: str | None,
    output: Path | None, *, force: bool, quiet: bool, as_json: bool,
) -> int:  # fmt: skip
    from apps.spectral_calibration import calibrate_sensitivity, sentences
    from isp.files.profile import save_profile
    from isp.files.safe_write import refuse_output

    if output is not None:
        _need_matrix(output, {"illuminants": lights, "method": method})
        refuse_output(output, force=force)
        if camera is None:
            raise typer.BadParameter("sensitivities say colours alone; pass the rest by --camera")
    found = calibrate_sensitivity(
        path, lights=lights, training=training, method=method,
        camera=camera if output is not None else None,
    )  # fmt: skip
    if output is not None and found.profile is not None:
        save_profile(found.profile, output, force=force)
    _tell(found.record(), sentences(found), quiet=quiet, as_json=as_json)
    return 0


def _check(
    chart: Path, corners: list[Any], camera: str | None, limit: float, output: Path | None,
    *, force: bool, quiet: bool, as_json: bool,
) -> int:  # fmt: skip
    """Compare a developed ColorChecker with its reference; exit code 1 beyond the limit."""
    from apps.cli.progress import progress
    from apps.colour_check import check_colour
    from apps.colour_check_page import refuse_suffix, sentence, write_check
    from isp.files.safe_write import refuse_output

    if output is not None:
        refuse_suffix(output)
        refuse_output(output, force=force)
    with progress("colour", None, quiet=quiet) as advance:
        advance(chart.name)
        found = check_colour(chart, corners=corners[0] if corners else None, camera=camera)
    if output is not None:
        write_check(found, output, force=force)
    said = [sentence(result) for result in found.results.values()]
    _tell(found.record(), said, quiet=quiet, as_json=as_json)
    mean = found.record()["results"]["chart"]["delta_e_2000"]["mean"]
    if mean > limit:
        complain(f"{chart}: mean dE00 {mean:.2f} is over {limit:g}")
        return 1
    return 0


def _tell(record: dict[str, Any], said: list[str], *, quiet: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps(record, indent=1, allow_nan=False))
    elif not quiet:
        print(*said, sep="\n")


def points(text: str):  # type: ignore[no-untyped-def]  # numpy is imported after parsing
    """Read four points X,Y."""
    import numpy as np

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f'--corners takes eight numbers, got "{text}"') from error
    if len(values) != 8:
        raise typer.BadParameter(f"--corners takes eight numbers, got {len(values)}")
    return np.array(values).reshape(4, 2)
