"""Calibrate colour: charts in, matrices of a camera out, and how well each fit does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apps.colour_check import before_balance, chart_in, read_chart
from apps.presets import preset
from apps.recipes import Recipe
from calibration.chart import Chart
from calibration.chart_light import ChartLight, chart_light, refuse_light
from calibration.chart_patches import PatchReadings, need_patches, read_patches
from calibration.colour_checker import Values
from calibration.colour_fit import METHODS, method_named
from calibration.dng_matrices import matrix_entry
from calibration.leave_one_out import REPEATS, ColourScore, score
from isp.core.errors import CalibrationError, UsageError
from isp.core.illuminants import LIGHT_SOURCES
from isp.core.sensor import ColourMatrixEntry, SensorProfile

DEFAULT_METHOD = "delta-e"
MEASURED = "measured by fullwell calibrate colour"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartFit:
    """One chart: where it was, what it held, and every method on it.

    illuminant: the light's name, None where nobody said it. scores: by method.
    """

    source: str
    illuminant: str | None
    chart: Chart
    readings: PatchReadings
    light: ChartLight
    scores: dict[str, ColourScore]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.source,
            "illuminant": self.illuminant,
            "corners": self.chart.corners.tolist(),
            "refused": list(self.readings.refused),
            "light": self.light.record(),
            "methods": {name: each.record() for name, each in self.scores.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourCalibration:
    """What charts said of a camera.

    method: of the profile's matrices. profile: None where the lights were not named.
    """

    camera: str
    method: str
    charts: tuple[ChartFit, ...]
    profile: SensorProfile | None

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        entries = self.profile.colour_matrices if self.profile else ()
        return {
            "camera": self.camera,
            "method": self.method,
            "charts": [each.record() for each in self.charts],
            "colour_matrices": [
                {"illuminant": e.illuminant, "xyz_to_camera": e.xyz_to_camera, "forward": e.forward}
                for e in entries
            ],
        }


def calibrate_colour(
    charts: Sequence[Path],
    *,
    illuminants: Sequence[str] = (),
    method: str = DEFAULT_METHOD,
    corners: Sequence[Values | None] = (),
    camera: str | None = None,
    name: str | None = None,
    repeats: int = REPEATS,
    seed: int = 1,
    advance: Callable[[str], None] | None = None,
) -> ColourCalibration:
    """Measure a camera's colour by charts, each in a light of its own.

    illuminants: names of the lights, one a chart, as DNG knows them; none for no profile.
    method: whose matrices the profile gets; all methods are scored. corners: as in `check_colour`,
    one a chart. camera: the profile to put the matrices into, where not the file's own.

    Raises CalibrationError naming file, reason and what to shoot again; UsageError; FileError.
    """
    chosen = method_named(method)
    check_lights(illuminants, len(charts))
    if illuminants and not chosen.keeps_white:
        raise UsageError(f"a profile's matrices keep white, and those of {method} do not")
    profiles, fits = [], []
    for index, path in enumerate(charts):
        if advance is not None:
            advance(path.name)
        profile, fit = _fit(path, corners[index] if corners else None, camera, repeats, seed)
        profiles.append(profile)
        fits.append(replace(fit, illuminant=illuminants[index] if illuminants else None))
    if len({(p.name, p.cfa) for p in profiles}) != 1:
        named = ", ".join(f"{f.source}: {p.name}" for f, p in zip(fits, profiles, strict=True))
        raise CalibrationError(f"the charts are of different cameras ({named})")
    made = None
    if illuminants and chosen.degree == 1:
        entries = tuple(_entry(fit, method) for fit in fits)
        made = with_matrices(profiles[0], entries, f"{method} on {', '.join(map(str, charts))}")
        made = replace(made, name=name) if name else made
    return ColourCalibration(
        camera=name or profiles[0].name, method=method, charts=tuple(fits), profile=made
    )


def with_matrices(
    profile: SensorProfile, entries: tuple[ColourMatrixEntry, ...], how: str
) -> SensorProfile:
    """Return the profile with these matrices in place of its own, and where they come from."""
    return profile.with_fields(
        colour_matrices=entries,
        sources=dict(profile.sources) | {"colour_matrices": f"{MEASURED}: {how}"},
        assumed=tuple(field for field in profile.assumed if field != "colour_matrices"),
    )


def root_polynomial_recipe(calibration: ColourCalibration, profile: SensorProfile) -> Recipe:
    """Return the sRGB development with the root polynomial of a chart in its matrix's place.

    Raises UsageError for several charts: each light has its own coefficients.
    """
    if len(calibration.charts) != 1 or METHODS[calibration.method].degree == 1:
        raise UsageError("a recipe takes one chart, and --method root-polynomial-2 or -3")
    found = calibration.charts[0].scores[calibration.method].model.coefficients
    recipe = preset("srgb", profile.cfa).choose("colour_matrix", "root_polynomial")
    return recipe.set("colour_matrix", coefficients=tuple(found.ravel().tolist()))


def check_lights(illuminants: Sequence[str], charts: int) -> None:
    """Check that lights are named once each, one a chart, and as DNG knows them.

    Raises UsageError.
    """
    known = sorted(LIGHT_SOURCES.values())
    for light in illuminants:
        if light not in known:
            raise UsageError(f'DNG knows no light "{light}"; known: {", ".join(known)}')
    if illuminants and (len(illuminants) != charts or len(set(illuminants)) != charts):
        raise UsageError(
            f"{charts} charts take {charts} different lights, in their order, but "
            f"{', '.join(illuminants)} came"
        )


def sentences(calibration: ColourCalibration) -> list[str]:
    """Lines for people: each chart, each method."""
    lines = []
    for chart in calibration.charts:
        light = f" ({chart.illuminant})" if chart.illuminant else ""
        lines.append(
            f"{chart.source}{light}: light changes by {100 * chart.light.gradient:+.1f} % over the "
            f"greys, {100 * chart.light.veil:+.2f} % of white lies over all patches"
        )
        if chart.readings.refused:
            lines.append(f"  ! clipped, and left out: {', '.join(chart.readings.refused)}")
        for name, each in chart.scores.items():
            told = each.record()
            own, left = told["delta_e_2000"], told["left_out_delta_e_2000"]
            lines.append(
                f"  {name:20} ΔE00 {_said(own)}; left out {_said(left)}"
                f"{' <- profile' if name == calibration.method and calibration.profile else ''}"
            )
    return lines


def _said(told: dict[str, Any]) -> str:
    mean = told["mean"]
    ends = "" if mean["low"] is None else f" ({mean['low']:.2f} .. {mean['high']:.2f})"
    return (
        f"mean {mean['value']:.2f}{ends}, 95 % {told['p95']:.2f}, max {told['max']:.2f} "
        f"({told['worst']})"
    )


def _fit(
    path: Path, corners: Values | None, camera: str | None, repeats: int, seed: int
) -> tuple[SensorProfile, ChartFit]:
    frame = read_chart(path, camera)
    try:
        chart = chart_in(frame, corners)
        readings = read_patches(before_balance(frame), chart)
        need_patches(readings)
        light = chart_light(readings.means, readings.measured)
        refuse_light(light)
        scores = {name: score(readings, name, repeats=repeats, seed=seed) for name in METHODS}
    except CalibrationError as error:
        raise CalibrationError(f"{path}: {error}") from error
    fit = ChartFit(
        source=path.name, illuminant=None, chart=chart, readings=readings, light=light,
        scores=scores,
    )  # fmt: skip
    return frame.need_profile(), fit


def _entry(fit: ChartFit, method: str) -> ColourMatrixEntry:
    model = fit.scores[method].model
    return matrix_entry(fit.illuminant or "", model.neutral, model.coefficients)
