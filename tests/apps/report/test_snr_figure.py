"""The figures of a budget show its numbers."""

import numpy as np
import pytest

from apps.report.snr_figure import FILLS, SnrCurve, snr_curves, variance_shares
from isp.core.errors import FrameError

SIGNAL = np.array([1.0, 10.0, 100.0, 1000.0])


def curve(label: str = "a", total: float = 0.5) -> SnrCurve:
    return SnrCurve(
        label=label, exposure=SIGNAL, snr=np.sqrt(SIGNAL), total_snr=total * np.sqrt(SIGNAL)
    )


def test_all_noise_is_the_line_temporal_noise_dashed_and_saturation_a_dot() -> None:
    (axes,) = snr_curves([curve()], "lux s").axes

    line, dashed, dot = axes.get_lines()[:3]
    assert line.get_xdata().tolist() == SIGNAL.tolist()
    assert line.get_ydata() == pytest.approx(10 * np.log10(SIGNAL) + 20 * np.log10(0.5))
    assert dashed.get_linestyle() == "--"
    assert dashed.get_ydata() == pytest.approx(10 * np.log10(SIGNAL))
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (1000, line.get_ydata()[-1])
    assert axes.get_xlabel() == "exposure (lux s)"


def test_without_fixed_pattern_no_second_line_is_drawn() -> None:
    (axes,) = snr_curves([curve(total=1.0), curve("b", total=1.0)], "e-").axes

    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["a", "b", "temporal noise only", "saturation"]
    drawn = [line for line in axes.get_lines() if len(line.get_xdata()) == len(SIGNAL)]
    assert len(drawn) == 2


def test_shares_are_stacked_to_a_hundred_percent_in_each_terms_own_colour() -> None:
    shares = {"shot": np.full(4, 0.75), "PRNU": np.full(4, 0.25)}

    (axes,) = variance_shares(SIGNAL, shares, {"SNR 10": 100.0}).axes

    tops = [layer.get_paths()[0].vertices[:, 1].max() for layer in axes.collections]
    assert tops == pytest.approx([75, 100])
    inks = [layer.get_facecolor()[0] for layer in axes.collections]
    (only,) = variance_shares(SIGNAL, {"PRNU": np.ones(4)}).axes
    assert only.collections[0].get_facecolor()[0] == pytest.approx(inks[1])
    assert len(set(FILLS.values())) == len(FILLS)
    assert axes.texts[0].get_text() == "SNR 10"


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(FrameError, match="one curve or more"):
        snr_curves([], "e-")
    with pytest.raises(FrameError, match="one value for each signal"):
        variance_shares(SIGNAL, {"shot": np.ones(3)})
