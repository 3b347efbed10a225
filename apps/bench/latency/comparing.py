"""Compare two result files: read, refuse what cannot be compared, judge, write."""

from pathlib import Path

from apps.bench.latency.comparison import LEAST_FRAMES, TOO_FEW, Comparison, compare
from apps.bench.latency.comparison_table import markdown
from apps.bench.latency.results import read_results
from isp.core.errors import FileError
from isp.files.safe_write import refuse_output, safe_write


def compare_files(
    old: Path,
    new: Path,
    *,
    tolerance: float,
    across_machines: bool = False,
    output: Path | None = None,
    force: bool = False,
) -> Comparison:
    """Compare two latency results, and write the table as Markdown where asked.

    Raises FileError for a file that cannot be read, and for two that no row stands in, or that
    were measured in other environments without `across_machines`, or whose rows all have too few
    frames for a verdict; OutputError.
    """
    if output is not None:
        refuse_output(output, force=force, inputs=(old, new))
    before, after = read_results(old), read_results(new)
    found = compare(before, after, tolerance=tolerance)
    if not found.rows:
        raise FileError(new, f"no row of it is in {old}")
    if all(row.verdict == TOO_FEW for row in found.rows):
        raise FileError(new, f"no row of it has the {LEAST_FRAMES} frames that a verdict takes")
    if found.differences and not across_machines:
        raise FileError(
            new,
            f"it was not measured as {old} was ({'; '.join(found.differences)}); pass "
            "--across-machines to compare all the same",
        )
    if output is not None:
        with safe_write(output, force=force) as place:
            place.write_text(markdown(found), encoding="utf-8")
    return found
