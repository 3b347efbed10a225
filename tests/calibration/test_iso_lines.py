"""Lines of noise over gain for a camera of two conversion gains."""

from types import SimpleNamespace

import pytest

from calibration.iso_lines import iso_lines
from calibration.uncertainty import Figure, not_measured


def at(iso: float, gain: float, read_dn: float | None) -> SimpleNamespace:
    """What an ISO said: gain, read noise in DN, row noise a tenth of it."""
    read = not_measured("hidden") if read_dn is None else Figure(value=read_dn / gain)
    row = Figure(value=None if read_dn is None else read_dn / gain / 10)
    return SimpleNamespace(
        iso=iso, figures={"system_gain_dn_per_e": Figure(value=gain)}, own_noise_e=read,
        lines=SimpleNamespace(row=row), law=None,
    )  # fmt: skip


def test_the_switch_parts_two_lines() -> None:
    low = [(100 * 2**i, 0.1 * 2**i, 3.0 * (2**i) ** 0.9) for i in range(4)]
    high = [(1600 * 2**i, 1.6 * 2**i, 4.0 * 2**i) for i in range(3)]

    found = iso_lines([at(*each) for each in [*high, *low]])  # type: ignore[misc]

    assert found.switch_iso == 1600
    slopes = {(line.quantity, line.branch): line.line.slope for line in found.lines}
    assert slopes == pytest.approx({
        ("read_noise", 0): 0.9, ("read_noise", 1): 1.0,
        ("row_noise", 0): 0.9, ("row_noise", 1): 1.0,
    })  # fmt: skip
    assert found.lines[0].isos == (100, 200, 400, 800)
    record = found.record()["lines"][1]
    assert (record["branch"], record["sigma_dn"]) == (1, pytest.approx([4, 8, 16]))


def test_what_was_not_seen_is_left_out_and_one_point_has_no_line() -> None:
    found = iso_lines([at(100, 0.1, None), at(200, 0.2, 3.0)])  # type: ignore[list-item]

    assert found.switch_iso is None
    assert [line.isos for line in found.lines] == [(200,), (200,)]
    assert found.lines[0].line is None
    assert found.record()["lines"][0]["slope"] is None
