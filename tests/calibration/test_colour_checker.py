"""The reference patches are those of colour-science, and its greys are grey."""

import numpy as np

from calibration.colour_checker import (
    GREYS,
    NAMES,
    PATCHES,
    WHITE_XY,
    reference_linear,
    reference_xyz,
)


def test_the_table_is_that_of_colour_science() -> None:
    import colour

    published = colour.CCS_COLOURCHECKERS["ColorChecker24 - After November 2014"]

    assert len(PATCHES) == len(published.data)
    for (name, ours), (theirs, values) in zip(PATCHES.items(), published.data.items(), strict=True):
        assert theirs.startswith(name)
        np.testing.assert_allclose(ours, values, atol=5e-7)
    np.testing.assert_allclose(WHITE_XY, published.illuminant, atol=5e-7)
    np.testing.assert_allclose(
        reference_xyz(), [colour.xyY_to_XYZ(v) for v in published.data.values()], atol=5e-6
    )


def test_linear_bt709_is_that_of_colour_science_with_bradford() -> None:
    import colour

    space = colour.RGB_COLOURSPACES["ITU-R BT.709"]
    wanted = colour.XYZ_to_RGB(
        reference_xyz(), space, illuminant=WHITE_XY, chromatic_adaptation_transform="Bradford"
    )

    # colour-science's matrix of BT.709 is rounded to 4 digits.
    np.testing.assert_allclose(reference_linear(), wanted, atol=2e-4)


def test_greys_are_nearly_neutral_and_fall_from_white_to_black() -> None:
    greys = reference_linear()[list(GREYS)]

    assert next(NAMES[i] for i in GREYS) == "white 9.5"
    assert (np.diff(greys, axis=0) < 0).all()
    # The paints' own tints: 6 % at most (white).
    assert (np.ptp(greys, axis=1) / greys.mean(axis=1)).max() < 0.07
