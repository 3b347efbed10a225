"""The demosaic of the quality path is nearer to photographs than LibRaw's best modes."""

from pathlib import Path

import numpy as np
import pytest

from apps.bench.demosaic_quality import judge, photographs, scene_of
from apps.bench.demosaic_rows import rows_for
from apps.presets import best_demosaic
from isp.core.cfa import Cfa

LIBRAW = ("LibRaw DHT", "LibRaw AAHD")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
def test_the_best_bayer_demosaic_has_the_highest_mean_psnr(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On ten photographs, after the sRGB curve and in linear light; DHT and AAHD are LibRaw's best.

    Ours is 3.4 and 2.8 dB above them, 1 dB is asked for: it is no matter of chance on ten pictures.
    """
    monkeypatch.setenv("FULLWELL_DATA", str(shared_data))
    ours = f"fullwell {best_demosaic(Cfa.RGGB)}, compiled"
    rows = {row.name: row for row in rows_for(Cfa.RGGB) if row.name in (ours, *LIBRAW)}
    assert len(rows) == 3
    scenes = [scene_of(name, encoded, Cfa.RGGB) for name, encoded in photographs()]

    for domain in ("psnr_srgb_db", "psnr_linear_db"):
        means = {
            name: np.mean([
                judge(row.run(scene.mosaic, 1)[0], scene.truth, in_colour=False)[domain]
                for scene in scenes
            ])
            for name, row in rows.items()
        }  # fmt: skip
        assert means[ours] > max(means[name] for name in LIBRAW) + 1
