"""Sharpness of a file: the slanted edge in a region, as figures, a table and a curve."""

from pathlib import Path
from typing import Any

from apps.responses import response_of
from calibration.sfr import NYQUIST, EdgeResponse, frame_sfr
from isp.core.domain import Domain
from isp.core.errors import DomainError, UsageError
from isp.core.frame import Frame, reopen
from isp.files.open import read
from isp.files.safe_write import refuse_output, safe_write

TABLE = ".csv"
PLOTS = (".png", ".svg")


def measure_sharpness(
    image: Path,
    *,
    roi: str | None = None,
    channel: str | None = None,
    order: int = 1,
    response: str | None = None,
) -> tuple[EdgeResponse, str]:
    """Measure the edge in a region; returns the response and the channel that was used.

    roi: X,Y,W,H in photosites. channel: None takes G, or the only one there is. response: how a
    picture's codes stand for light, see `response_of`; nothing is taken without it.

    Raises UsageError, FileError, DomainError, FrameError, CalibrationError.
    """
    frame = _in_light(image, read(image), response)
    used = channel or _channel(frame)
    rows, columns = _region(frame, roi)
    return frame_sfr(frame, used, rows=rows, columns=columns, edge_order=order), used


def record(found: EdgeResponse) -> dict[str, Any]:
    """As JSON holds it; frequencies in cycles per photosite."""
    return {
        "mtf50": found.mtf50,
        "mtf20": found.mtf20,
        "mtf_nyquist": found.mtf_nyquist,
        "edge_angle_deg": found.edge_angle_deg,
        "edge_residual_px": found.edge_residual_px,
        "measured_share": found.measured_share,
        "frequencies": found.frequencies.tolist(),
        "sfr": found.sfr.tolist(),
    }


def sentence(found: EdgeResponse) -> str:
    """What a person is told."""
    half = "not below 0.5" if found.mtf50 is None else f"{found.mtf50:.4f} cycles/px"
    return (
        f"MTF50 {half}, {found.mtf_nyquist:.3f} at Nyquist, edge at {found.edge_angle_deg:.2f} deg"
    )


def refuse_outputs(
    csv: Path | None, plot: Path | None, *, force: bool = False, image: Path
) -> None:
    """Check, before any work is done, that a table and a curve may be written; None is not asked.

    Raises UsageError for an ending that they do not have or one file for both, OutputError.
    """
    if csv is not None and plot is not None and csv.resolve() == plot.resolve():
        raise UsageError(f"{csv}: --csv and --plot are one file; name two")
    if csv is not None and csv.suffix.lower() != TABLE:
        raise UsageError(f"{csv}: a table is {TABLE}")
    if plot is not None:
        _refuse_plot(plot)
    for path in (csv, plot):
        if path is not None:
            refuse_output(path, force=force, inputs=[image])


def write_csv(found: EdgeResponse, path: Path, *, force: bool = False) -> None:
    """Write a line for each frequency."""
    lines = ["cycles_per_px,sfr"]
    lines += [f"{f:.6g},{s:.6g}" for f, s in zip(found.frequencies, found.sfr, strict=True)]
    with safe_write(path, force=force) as place:
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_plot(found: EdgeResponse, path: Path, *, force: bool = False) -> None:
    """Draw the response up to twice Nyquist.

    Raises UsageError for a suffix that no plot has.
    """
    _refuse_plot(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(found.frequencies, found.sfr)
    axes.axvline(NYQUIST, linestyle=":", color="grey")
    if found.mtf50 is not None:
        axes.plot([found.mtf50], [0.5], "o")
        axes.annotate(f"MTF50 {found.mtf50:.3f}", (found.mtf50, 0.5), (6, 6),
                      textcoords="offset points")  # fmt: skip
    axes.set(xlabel="cycles per photosite", ylabel="response", ylim=(0, None), xlim=(0, 1))
    with safe_write(path, force=force) as place:
        figure.savefig(place)


def _refuse_plot(path: Path) -> None:
    if path.suffix.lower() not in PLOTS:
        raise UsageError(f"{path}: a plot is {' or '.join(PLOTS)}")


def _in_light(image: Path, frame: Frame, response: str | None) -> Frame:
    """The frame linear in light, as only the user can say of a picture's codes."""
    if frame.domain is Domain.SDR and response is None:
        raise DomainError(
            f"{image}: a response is measured in linear light, and a picture has codes; say "
            "--linear where they are proportional to light, --response srgb where they are sRGB's, "
            "or --response FILE.json for a measured curve"
        )
    if frame.domain is not Domain.SDR and response is not None:
        raise UsageError(f"{image}: it is linear in light and takes no --response or --linear")
    if response is None:
        return frame
    return reopen(frame, Domain.LINEAR, response_of(response))


def _channel(frame: Frame) -> str:
    names = ("R", "G", "B")
    if frame.data.shape[1] == 1:
        names = frame.need_profile().cfa.channels  # type: ignore[assignment]
    return "G" if "G" in names else names[0]


def _region(frame: Frame, roi: str | None) -> tuple[slice, slice]:
    height, width = frame.size
    if roi is None:
        return slice(0, height), slice(0, width)
    try:
        x, y, across, down = (int(part) for part in roi.split(","))
    except ValueError as error:
        raise UsageError(f'--roi is X,Y,W,H in photosites, not "{roi}"') from error
    inside = x >= 0 and y >= 0 and across > 0 and down > 0 and x + across <= width
    if not (inside and y + down <= height):
        raise UsageError(f"--roi {roi} is not inside {width} x {height}")
    return slice(y, y + down), slice(x, x + across)
