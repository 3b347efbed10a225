"""The statistics of the noise tests are the conventions' own arithmetic."""

import pytest

from isp.core.rng import Draws, Effect, normal
from tests.statistics import (
    Components,
    variance_components,
)

# --- the tools themselves --------------------------------------------------------------------


def test_the_analysis_of_variance_is_emva_s_arithmetic() -> None:
    """Its printed formulas (CONVENTIONS section 5.2) divide by counts: 1 in 300 less."""
    rows, columns = 300, 400
    words = Draws(seed=1, effect=Effect.AUGMENTATION).words(rows, columns)[0, 0]
    field = 5 * normal(words) + 2 * normal(words[:, :1]) + 3 * normal(words[:1])
    mn, s2 = rows * columns, float(field.var(correction=0))
    cav, rav = (float(field.mean(axis).var(correction=0)) for axis in (0, 1))
    rest = mn - rows - columns

    found = variance_components(field)

    assert found.pixel == pytest.approx(mn / rest * (s2 - cav - rav), rel=1e-4)
    wanted = ((mn - rows) * cav - columns * (s2 - rav)) / rest
    assert found.column == pytest.approx(wanted, rel=1 / columns + 1e-3)
    wanted = ((mn - columns) * rav - rows * (s2 - cav)) / rest
    assert found.row == pytest.approx(wanted, rel=1 / rows + 1e-3)


def test_the_errors_of_the_components_are_the_conventions_own() -> None:
    """4, 9 and 25 in 400 x 600: 0.283, 0.520 and 0.072, in 200 repeats 0.286, 0.535, 0.075."""
    errors = Components(4.0, 9.0, 25.0).errors(400, 600)

    assert errors.row == pytest.approx(0.283, rel=0.02)
    assert errors.column == pytest.approx(0.520, rel=0.02)
    assert errors.pixel == pytest.approx(0.0722, rel=0.01)
