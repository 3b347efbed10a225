"""The table of cameras is the one that ELD released."""

from pathlib import Path

import pytest

from apps.train.eld_lines import ELD_LINES
from isp.files.noise_profiles import read_eld
from isp.files.profile import load_profile


def test_the_lines_give_the_readings_of_the_shipped_profiles() -> None:
    for name, lines in ELD_LINES.items():
        for reading in load_profile(name).readings:
            gain = reading.system_gain_dn_per_e
            assert reading.read_noise_e == pytest.approx(lines.read.mean_dn(gain) / gain, rel=2e-3)
            assert reading.row_noise_e == pytest.approx(lines.row.mean_dn(gain) / gain, rel=2e-3)


def test_the_lines_are_those_of_the_released_files(shared_data: Path) -> None:
    for name, lines in ELD_LINES.items():
        released = read_eld(shared_data / "flats_darks/eld_camera_params" / f"{name}_params.npy")
        for line in ("read", "tukey", "row"):
            ours, theirs = getattr(lines, line), getattr(released, line)
            for part in ("slope", "bias", "spread"):
                assert getattr(ours, part) == pytest.approx(
                    getattr(theirs, part), abs=2e-6
                )  # printed to six places
        assert lines.shapes == pytest.approx(released.shapes, abs=6e-4)
        assert lines.gain_low == pytest.approx(released.gain_low, rel=1e-6)
        assert lines.gain_high == pytest.approx(released.gain_high, rel=1e-6)
