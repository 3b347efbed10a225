"""The page of `apps.colour_swaps`: every row in the same type, the losing ones too."""

from collections.abc import Mapping
from math import log2

COMMAND = "FULLWELL_DATA=DATA python -m apps.colour_swaps"
BALANCES = {"as_shot": "balance of the file", "chart": "balance of the chart's greys"}
Automatic = Mapping[str, tuple[tuple[float, ...], float, float, float]]


def page(
    *,
    command: str,
    kelvin: float,
    exposures: Mapping[str, float],
    swaps: Mapping[str, Mapping[str, float]],
    adaptations: Mapping[str, Mapping[str, float]],
    cast: Mapping[int, tuple[float, ...]],
    automatic: Automatic,
) -> str:
    """The measurements as markdown, the command that made them on top."""
    stops = ", ".join(f"{BALANCES[n]} {log2(factor):+.2f} EV" for n, factor in exposures.items())
    sections = (
        _head(command, stops), _swapped(swaps), _adapted(adaptations), _kept(cast, kelvin),
        _found(automatic),
    )  # fmt: skip
    return "\n\n".join(sections) + "\n"


def _head(command: str, stops: str) -> str:
    return f"""# Colour of a real ColorChecker, beside LibRaw

Measured and written by

```
{command}
```

A Canon 550D's shot under warm light, whose file holds a fixed daylight balance and one colour \
matrix. Mean CIEDE2000 of the 24 patches as `fullwell calibrate colour CHART --check` counts it: \
linear light, CIELAB under D50, one factor of exposure matched on the greys for every row \
({stops})."""


def _swapped(swaps: Mapping[str, Mapping[str, float]]) -> str:
    return "\n".join([
        "## One piece at a time", "",
        "From our development to LibRaw's. What parts them is the matrix: ours finds the scene's "
        "white from the balance and adapts it by Bradford (DNG 1.7.1, chapter 6); LibRaw scales "
        "the rows of the camera's matrix, so that camera RGB itself is what adapts. Levels, "
        "demosaic and the comparison's own conversions count for little, as the rows between say, "
        "and so does cutting what is negative, in either program.", "",
        *_table("development", swaps),
    ])  # fmt: skip


def _adapted(adaptations: Mapping[str, Mapping[str, float]]) -> str:
    return "\n".join([
        "## Responses that adapt", "",
        "Our matrix with another adaptation in it, from the patches' own photosites.", "",
        *_table("adapted in", adaptations),
    ])  # fmt: skip


def _table(first: str, columns: Mapping[str, Mapping[str, float]]) -> list[str]:
    lines = [
        f"| {first} | {' | '.join(BALANCES[name] for name in columns)} |",
        "|---|" + "---:|" * len(columns),
    ]
    rows = next(iter(columns.values()))
    return lines + [
        f"| {row} | {' | '.join(f'{c[row]:.2f}' for c in columns.values())} |" for row in rows
    ]


def _kept(cast: Mapping[int, tuple[float, ...]], kelvin: float) -> str:
    lines = [
        "## The cast that was asked for", "",
        "Under the file's balance the distance to the chart's own colours says how strong the cast "
        "is, not whether it is right: who shoots in daylight balance under a warm lamp asks for a "
        "warm picture. So here the patches are compared with what they look like under a black "
        "body to an eye adapted to the white that the file names: the reflectances of ISO 17321-1, "
        "adapted to D50 by Bradford or by CAT16. The light was not measured; the greys imply "
        f"{kelvin:.0f} K through the camera's matrix. Of a camera without error ours is 0 in the "
        "Bradford column by construction, and LibRaw's is not.", "",
        "| light, K | fullwell, Bradford | LibRaw, Bradford | fullwell, CAT16 | LibRaw, CAT16 |",
        "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    lines += [f"| {k} | {' | '.join(f'{s:.2f}' for s in row)} |" for k, row in cast.items()]
    return "\n".join(lines)


def _found(automatic: Automatic) -> str:
    lines = [
        "## Every balance on this shot", "",
        "Angle to the light of the chart's greys, and the patches under it.", "",
        "| balance | gains | degrees | ΔE00 fullwell | ΔE00, LibRaw's matrix |",
        "|---|---|---:|---:|---:|",
    ]  # fmt: skip
    for name, (gains, angle, ours, theirs) in automatic.items():
        said = ", ".join(f"{g:.3f}" for g in gains)
        lines.append(f"| {name} | {said} | {angle:.1f} | {ours:.2f} | {theirs:.2f} |")
    return "\n".join(lines)
