"""Charts of other calibrations' files: response curve, colour differences, edge response."""

from pathlib import Path
from typing import Any

import numpy as np

from apps.report.chart import Chart, Series, inks_of
from isp.core.errors import FileError
from isp.files.json_record import read_record


def response_chart(path: Path) -> Chart:
    """The curve of `fullwell calibrate response`, with its 95 % band.

    Raises FileError naming file and reason.
    """
    record = read_record(path)
    try:
        channels = [str(name) for name in record["channels"]]
        columns = [record[name] for name in ("exposure_of_code", "low", "high")]
        series = []
        for index, (name, ink) in enumerate(zip(channels, inks_of(channels), strict=True)):
            y, low, high = (np.array(column[index], np.float64) for column in columns)
            x = np.arange(len(y), dtype=np.float64)
            series.append(Series(f"{name}, 95 % band", x, y, "band", low=low, high=high, ink=ink))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FileError(path, f"it is no response of fullwell calibrate response ({error})") from (
            error
        )
    return Chart(
        name="response",
        caption=f"Response curve of {record.get('name', path.stem)}, {record.get('method', '')}",
        x_label="code",
        y_label="exposure, relative to the last code",
        series=series,
        alt="Exposure of each code with its band, rising",
    )


def colour_chart(path: Path) -> Chart:
    """CIEDE2000 of the patches of `fullwell calibrate colour CHART --check --json`.

    Raises FileError naming file and reason.
    """
    record = read_record(path)
    try:
        result = record["results"]["chart"]
        patches = result["patches"]
        edges = np.arange(len(patches) + 1) + 0.5
        series = [
            Series(name, edges, [_number(patch[key]) for patch in patches], "steps")
            for name, key in (
                ("developed", "delta_e_2000"), ("after a matrix", "delta_e_2000_after_matrix"),
            )
        ]  # fmt: skip
        means = result["delta_e_2000"]["mean"], result["delta_e_2000_after_matrix"]["mean"]
        caption = (
            f"Colour differences of the chart's patches, white taken from its greys: mean "
            f"{means[0]:.2f}, after a 3x3 matrix {means[1]:.2f}"
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(
            path, f"it is no check of fullwell calibrate colour --json ({error})"
        ) from error
    return Chart(
        name="colour_differences",
        caption=caption,
        x_label="patch, in reading order",
        y_label="CIEDE2000",
        series=series,
        alt="Colour difference of each of the 24 patches",
    )


def edge_chart(path: Path) -> Chart:
    """The response of a slanted edge: a JSON file with `frequencies` in cycles/px and `sfr`.

    Raises FileError naming file and reason.
    """
    record = read_record(path)
    try:
        x, y = (np.array(record[name], np.float64) for name in ("frequencies", "sfr"))
        if x.ndim != 1 or x.shape != y.shape or not len(x):
            raise ValueError("frequencies and sfr are two lists of one length")
        mtf50 = record.get("mtf50")
        marks = [] if mtf50 is None else [(f"MTF50 {float(mtf50):.3f}", float(mtf50))]
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(path, f"it is no response of a slanted edge ({error})") from error
    return Chart(
        name="edge_response",
        caption="Sharpness: response of a slanted edge",
        x_label="frequency (cycles/photosite)",
        y_label="SFR",
        series=[Series("edge", x, y)],
        marks=[*marks, ("Nyquist", 0.5)],
        alt="Contrast falling with spatial frequency",
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
