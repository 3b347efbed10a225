"""The record of a demosaic run as a page: every row in the same type, the losing ones too."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

COMMAND = (
    "FULLWELL_DATA=DATA python -m apps.bench.demosaic_quality -o docs/demosaic.md "
    "--keep docs/dev/bench/demosaic_quality.json --force"
)
TITLES = {
    "RGGB": "Bayer",
    "XTRANS": "X-Trans",
    "QUAD_RGGB": "Quad-Bayer",
}
MEANS = (
    ("PSNR dB, sRGB", "psnr_srgb_db", 2),
    ("PSNR dB, linear", "psnr_linear_db", 2),
    ("ΔE00", "delta_e_2000_mean", 2),
    ("zipper %", "zipper_percent", 1),
    ("noisy: PSNR dB, sRGB", "noisy_psnr_srgb_db", 2),
    ("noisy: linear", "noisy_psnr_linear_db", 2),
)
Row = Mapping[str, Any]


def page(record: Mapping[str, Any]) -> str:
    """The page in markdown: how it was measured, then two tables for each pattern."""
    parts = [_head(record)]
    for pattern, rows in record["tables"].items():
        parts += [f"## {TITLES.get(pattern, pattern)}", _best(rows), _means(rows), _each(rows)]
    return "\n\n".join(parts) + "\n"


def mean(row: Row, metric: str) -> float:
    """Mean of a metric over the photographs."""
    return fmean(figures[metric] for figures in row["photographs"].values())


def _head(record: Mapping[str, Any]) -> str:
    machine, noise = record["machine"], record["noise"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    sizes = ", ".join(f"{n} {w} x {h}" for n, (h, w) in record["photographs"].items())
    return f"""# Demosaicing: how near to the photograph

Measured and written by

```
{COMMAND}
```

Each photograph is decoded from sRGB to linear light, seen through the pattern at 16 bits without \
noise, demosaicked, clipped to 0..1 and compared with itself, {record["border"]} pixels along the \
border left out. PSNR stands twice, because the order depends on it: after the sRGB curve, where \
dark errors count as the eye sees them, and in linear light. ΔE00 is the mean CIEDE2000. Zipper is \
the share of pixels whose CIE 1976 difference to the neighbour that is the most similar one in the \
photograph grew by more than 2.3 (Lu and Tan 2003). *Noisy* is the same after a sensor that \
collects {noise["full_scale_e"]:g} electrons at white, with shot noise and \
{noise["read_noise_e"]:g} e- of read noise; nothing is denoised. Figures are means over the \
photographs: {sizes}. They are native pixels, which were once demosaicked and finished themselves; \
none is enlarged.

ms per MP is the time of the demosaic alone, the sum of the shortest of {record["rounds"]} runs of \
each photograph, on one thread of this machine; LibRaw's has its scaling and its 16-bit output in \
it. Such small pictures stay in the caches: a frame of 12 MP takes longer a megapixel. LibRaw and \
OpenCV take whole codes, so that their noisy mosaics are cut off at black and white; ours and \
colour-demosaicing's are not. *Under the root* is a method between `to_root` and `from_root`, \
which shows what the square root alone does.

- {record["date"]}, Python {machine["python"]} on {machine["machine"]}, {machine["threads"]} \
thread, load average {machine["load_average_at_start"]} at the start; above 1, other programs \
shared the machine
- {versions}"""


def _best(rows: Sequence[Row]) -> str:
    first, second = sorted(rows, key=lambda row: -mean(row, "psnr_srgb_db"))[:2]
    said = (
        f"Highest mean PSNR after the sRGB curve: {first['name']}, "
        f"{mean(first, 'psnr_srgb_db'):.2f} dB, then {second['name']}, "
        f"{mean(second, 'psnr_srgb_db'):.2f} dB."
    )
    if len({row["ours"] for row in rows}) == 1:
        return said
    encoded, linear = (_lead(rows, metric) for metric in ("psnr_srgb_db", "psnr_linear_db"))
    return f"{said} Our best is {encoded}; in linear light {linear}."


def _lead(rows: Sequence[Row], metric: str) -> str:
    own = max(mean(row, metric) for row in rows if row["ours"])
    other = max((row for row in rows if not row["ours"]), key=lambda row: mean(row, metric))
    lead = own - mean(other, metric)
    side = "above" if lead >= 0 else "below"
    return f"{abs(lead):.2f} dB {side} the best of the others, {other['name']}"


def _means(rows: Sequence[Row]) -> str:
    heads = ["", *(head for head, _, _ in MEANS), "ms per MP"]
    lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
    for row in rows:
        figures = [f"{mean(row, metric):.{digits}f}" for _, metric, digits in MEANS]
        lines.append(_line([row["name"], *figures, f"{row['ms_per_megapixel']:.0f}"]))
    return "\n".join(lines)


def _each(rows: Sequence[Row]) -> str:
    names = list(rows[0]["photographs"])
    lines = [
        "PSNR in dB after the sRGB curve, photograph by photograph:",
        "",
        _line(["", *names]),
        _line(["---", *["---:"] * len(names)]),
    ]
    for row in rows:
        figures = [f"{row['photographs'][name]['psnr_srgb_db']:.2f}" for name in names]
        lines.append(_line([row["name"], *figures]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
