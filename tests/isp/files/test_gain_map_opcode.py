"""GainMap opcodes are read back, and run, as they were meant."""

import numpy as np
import pytest

from isp.core.errors import FrameError
from isp.files.dng_opcodes import opcode_bytes, parse_opcodes
from isp.files.gain_map_opcode import gain_map_opcodes
from isp.files.opcode_parameters import GainMap, read_parameters
from isp.files.opcode_pixels import apply_opcode


def test_each_site_has_its_map_over_the_whole_mosaic() -> None:
    gains = np.linspace(1, 2, 4 * 2 * 3).reshape(4, 2, 3)

    opcodes = parse_opcodes(opcode_bytes(gain_map_opcodes(gains, (2, 2), (6, 8))), 2)

    pixels = np.ones((6, 8, 1))
    for opcode, own in zip(opcodes, gains, strict=True):
        parameters = read_parameters(opcode)
        assert isinstance(parameters, GainMap)
        np.testing.assert_allclose(parameters.gains[..., 0], own, rtol=1e-7)
        pixels, _ = apply_opcode(pixels, parameters, 2)
    # First and last points lie on the first and last photosite.
    assert pixels[0, 0, 0] == pytest.approx(gains[0, 0, 0])
    assert pixels[0, 7, 0] == pytest.approx(gains[1, 0, 2])
    assert pixels[5, 0, 0] == pytest.approx(gains[2, 1, 0])
    assert pixels[5, 7, 0] == pytest.approx(gains[3, 1, 2])


def test_a_map_that_fits_no_site_or_has_no_gain_is_refused() -> None:
    with pytest.raises(FrameError, match="3 maps"):
        gain_map_opcodes(np.ones((3, 2, 2)), (2, 2), (6, 8))
    with pytest.raises(FrameError, match="positive"):
        gain_map_opcodes(np.zeros((4, 2, 2)), (2, 2), (6, 8))
