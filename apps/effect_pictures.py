"""A picture of each effect of the sensor: `python -m apps.effect_pictures`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from apps.report.effect_figure import curves, panels
from apps.report.pages import write_pictures
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

SIZE = 128
GAIN = 4.0  # DN per electron: high, so that the ADC hides nothing
QUIET = SensorProfile(
    name="picture", cfa=Cfa.MONO, bit_depth=16, black_level_dn=(1000.0,), white_level_dn=65535.0,
    readings=(Reading(iso=100, system_gain_dn_per_e=GAIN),), full_well_e=1e4,
)  # fmt: skip


def dn_of(
    light: Tensor | float, *, time_s: float = 1.0, frame_number: int = 0, seed: int = 1,
    shot_noise: bool = False, reading: dict[str, Any] | None = None, **fields: Any,
) -> Tensor:  # fmt: skip
    """DN above black (h, w) of light in electrons, on a quiet sensor with these effects.

    shot_noise: without it light is bright and its gain low, so that its own noise is not seen.
    """
    light = torch.as_tensor(light, dtype=torch.float32).expand(SIZE, SIZE)
    scale = 1.0 if shot_noise else 800.0  # the largest that full wells of 1e4 e- allow
    readings = (replace(QUIET.readings[0], **(reading or {})),)
    profile = QUIET.with_fields(readings=readings, **fields)
    if not shot_noise:
        # Many more electrons at a gain as much lower: the mean is the same, the shot noise not.
        profile = profile.with_fields(
            readings=(_scaled(readings[0], scale),),
            full_well_e=(profile.full_well_e or 1e4) * scale,
            **{name: getattr(profile, name) * scale for name in _IN_ELECTRONS},
        )
    shot = Shot.single(iso=100, exposure_time_s=time_s, frame_number=torch.tensor([frame_number]))
    frame = Frame.start(light[None, None] * scale, Domain.EXPECTED, shot=shot, profile=profile)
    return Sensor(profile).capture(frame, seed).data[0, 0] - 1000


_IN_ELECTRONS = (
    "dsnu_e", "column_fpn_e", "row_fpn_e", "dark_current_e_per_s",
    "hot_pixel_dark_current_e_per_s", "rts_amplitude_e",
)  # fmt: skip


def _scaled(reading: Reading, scale: float) -> Reading:
    noisy = ("read_noise_e", "row_noise_e", "column_noise_e", "banding_amplitude_e")
    tail = reading.tukey_lambda_scale_e
    return replace(
        reading,
        system_gain_dn_per_e=reading.system_gain_dn_per_e / scale,
        tukey_lambda_scale_e=None if tail is None else tail * scale,
        **{name: getattr(reading, name) * scale for name in noisy},
    )


def _ramp(top: float) -> Tensor:
    return torch.linspace(0, top, SIZE).expand(SIZE, SIZE)


def _spot(top: float) -> Tensor:
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return 50 + top * torch.exp(-((y - 64.0) ** 2 + (x - 64.0) ** 2) / 60)


def shot_noise() -> Figure:
    """Poisson noise at three mean signals, each stretched to the same share of its mean."""
    means = (2.0, 20.0, 200.0)
    maps = [dn_of(mean, shot_noise=True) / (GAIN * mean) for mean in means]
    return panels([f"{mean:g} e-" for mean in means], maps, (0, 2))


def prnu() -> Figure:
    """Photo-response non-uniformity of 2 %: white, and half of its variance in the columns."""
    maps = [dn_of(500.0, prnu_percent=2.0, prnu_column_share=share) for share in (0.0, 0.5)]
    return panels(["white", "half in columns"], maps, (1880, 2120))


def dsnu() -> Figure:
    """Dark-signal non-uniformity of 3 e-: white, and half of its variance in the columns."""
    maps = [dn_of(0.0, dsnu_e=3.0, dsnu_column_share=share) for share in (0.0, 0.5)]
    return panels(["white", "half in columns"], maps, (-40, 40))


def dark_signal() -> Figure:
    """Dark current of 20 e-/s at 20 C with a spread of 20 %, after 1 s at three temperatures."""
    maps = [
        dn_of(0.0, dark_current_e_per_s=20.0, dark_current_nonuniformity=0.2, temperature_c=celsius)
        for celsius in (13.0, 20.0, 27.0)
    ]
    return panels(["13 C", "20 C", "27 C"], maps, (0, 240))


def hot_pixels() -> Figure:
    """One photosite in a hundred hot, median 40 e-/s: 1 s and 4 s."""
    hot: dict[str, Any] = {"hot_pixel_fraction": 0.01, "hot_pixel_dark_current_e_per_s": 40.0}
    maps = [dn_of(0.0, time_s=time, dark_current_e_per_s=5.0, **hot) for time in (1.0, 4.0)]
    return panels(["1 s", "4 s"], maps, (0, 800))


def dead_pixels() -> Figure:
    """One photosite in a hundred dead, in the dark and in light."""
    maps = [dn_of(light, dead_pixel_fraction=0.01, dsnu_e=1.0) for light in (0.0, 200.0)]
    return panels(["dark", "200 e-"], maps, (-20, 820))


def read_noise() -> Figure:
    """Gaussian read noise of 2 e- and 6 e-."""
    maps = [dn_of(0.0, reading={"read_noise_e": sigma}) for sigma in (2.0, 6.0)]
    return panels(["2 e-", "6 e-"], maps, (-72, 72))


def tukey_lambda() -> Figure:
    """Read noise of one standard deviation: Tukey lambda of shape 0.14 and of -0.3."""
    from isp.core.tukey_deviation import tukey_lambda_deviation

    maps = []
    for shape in (0.14, -0.3):
        scale = 6.0 / tukey_lambda_deviation(shape)
        maps.append(
            dn_of(0.0, reading={"tukey_lambda_shape": shape, "tukey_lambda_scale_e": scale})
        )
    return panels(["shape 0.14", "shape -0.3"], maps, (-120, 120))


def row_noise() -> Figure:
    """Row noise of 2 e- in two frames: new in each."""
    maps = [dn_of(0.0, reading={"row_noise_e": 2.0}, frame_number=k) for k in (0, 1)]
    return panels(["frame 0", "frame 1"], maps, (-24, 24))


def column_noise() -> Figure:
    """Column noise of 2 e- in two frames: new in each."""
    maps = [dn_of(0.0, reading={"column_noise_e": 2.0}, frame_number=k) for k in (0, 1)]
    return panels(["frame 0", "frame 1"], maps, (-24, 24))


def banding() -> Figure:
    """Banding of 3 e- at 0.03 cycles per row in two frames: its phase is new in each."""
    maps = [
        dn_of(
            0.0, reading={"banding_amplitude_e": 3.0, "read_noise_e": 1.0}, frame_number=k,
            banding_frequency_cycles_per_row=0.03,
        )
        for k in (0, 1)
    ]  # fmt: skip
    return panels(["frame 0", "frame 1"], maps, (-24, 24))


def fixed_lines() -> Figure:
    """Fixed offsets of columns and of rows, 2 e-, and column gain of 1 %."""
    maps = [
        dn_of(0.0, column_fpn_e=2.0) + 2000, dn_of(0.0, row_fpn_e=2.0) + 2000,
        dn_of(500.0, column_gain_percent=1.0),
    ]  # fmt: skip
    return panels(["column offset", "row offset", "column gain"], maps, (1940, 2060))


def rts() -> Figure:
    """Three photosites that switch by 20 e-, over 60 frames, and their neighbours' read noise."""
    switching: dict[str, Any] = {
        "rts_fraction": 0.02,
        "rts_amplitude_e": 20.0,
        "rts_dwell_frames": 6.0,
    }
    frames = [
        dn_of(0.0, reading={"read_noise_e": 1.5}, frame_number=k, **switching) for k in range(60)
    ]
    stack = torch.stack(frames)
    sites = stack.var(dim=0).flatten().topk(3).indices
    lines = {f"site {k + 1}": stack.flatten(1)[:, site] + 120 * k for k, site in enumerate(sites)}
    return curves(torch.arange(60.0), lines, "frame", "DN above black, + 120 each")


def full_well() -> Figure:
    """A full well of 1000 e-: a hard clip, and knees at 0.8 and 0.5 of it."""
    light = _ramp(2000.0)
    lines = {
        ("hard" if knee == 1 else f"knee {knee:g}"): dn_of(
            light, full_well_e=1000.0, full_well_knee=knee
        )[0]
        / GAIN
        for knee in (1.0, 0.8, 0.5)
    }
    return curves(light[0], lines, "expected e-", "e- held")


def blooming() -> Figure:
    """A spot of ten full wells: without blooming, and with 0.9 and 0.99 of the excess spilled."""
    maps = [
        dn_of(_spot(1e4), full_well_e=1000.0, blooming_fraction=share) for share in (0, 0.9, 0.99)
    ]
    return panels(["none", "0.9", "0.99"], maps, (0, 4000))


EFFECTS: dict[str, Callable[[], Figure]] = {
    f.__name__: f
    for f in (
        shot_noise, prnu, dsnu, dark_signal, hot_pixels, dead_pixels, read_noise, tukey_lambda,
        row_noise, column_noise, banding, fixed_lines, rts, full_well, blooming,
    )
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every picture as DIR/EFFECT.png; returns the exit code."""
    from apps.optics_pictures import OPTICS

    parser = argparse.ArgumentParser(prog="python -m apps.effect_pictures", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images/sensor"))
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    return write_pictures(EFFECTS | OPTICS, asked.output, ".png", force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
