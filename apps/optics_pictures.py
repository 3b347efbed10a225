"""Pictures of what lens, crosstalk, shutter, filters and curves do to a scene."""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from apps.report.effect_figure import curves, panels
from apps.scenes import scene
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.rng import Draws, Effect
from isp.core.shot import Shot
from isp.core.transfer import encode_srgb
from simulate.camera_view import view
from simulate.crosstalk import electrical_crosstalk, optical_crosstalk
from simulate.exposure import mosaic_of
from simulate.ladder import ladder
from simulate.optics import Lens
from simulate.rolling_shutter import Flicker, pan, row_start_times, under_flicker
from simulate.shading import shade

SIZE = 128
PITCH_UM = 2.0


def _star() -> Frame:
    return scene("siemens?cycles=36&luminance=50", 4 * SIZE, 4 * SIZE)


def _seen(frame: Frame, lens: Lens | None, f_number: float = 16.0) -> Tensor:
    size = (SIZE, SIZE)
    return _shown(view(frame, pitch_um=PITCH_UM, lens=lens, size=size, f_number=f_number))


def _shown(frame: Frame) -> Tensor:
    """(h, w, 3) in 0..1, sRGB."""
    light = frame.data[0].double().clamp(0, 1)
    return encode_srgb(light).permute(1, 2, 0)


def lens_blur() -> Figure:
    """A Siemens star on 2 um photosites: no lens, Gaussian 2 um, Airy at f/16, a disc of 12 um."""
    lenses = {
        "no lens": None,
        "Gaussian 2 um": Lens(gaussian_psf_um=2.0),
        "Airy, f/16": Lens(diffraction=True),
        "disc 12 um": Lens(defocus_um=12.0),
    }
    return panels(list(lenses), [_seen(_star(), lens) for lens in lenses.values()], (0, 1))


def pitch() -> Figure:
    """The same light on photosites of 1, 2 and 4 um: sampling changes, and aliases."""
    maps = [
        _shown(view(_star(), pitch_um=pitch, size=(round(256 / pitch),) * 2))
        for pitch in (1.0, 2.0, 4.0)
    ]
    return panels(["1 um", "2 um", "4 um"], maps, (0, 1))


def fall_off() -> Figure:
    """A flat field through a short lens: cos^4, a vignetting polynomial, and both."""
    flat = scene("flat", SIZE, SIZE)
    short = SIZE * PITCH_UM / 1000  # focal length of one sensor's width
    lenses = [
        Lens(cos4=True, focal_length_mm=short), Lens(vignetting=(-0.3, -0.2)),
        Lens(cos4=True, vignetting=(-0.3, -0.2), focal_length_mm=short),
    ]  # fmt: skip
    maps = [_seen(flat, lens) for lens in lenses]
    return panels(["cos4", "vignetting", "both"], maps, (0, 1))


def lateral_colour() -> Figure:
    """Red magnified by 2 % and blue by -2 %: fringes that grow with the distance from the axis."""
    checks = scene("sine-grating?frequency=0.02&modulation=1&luminance=50", 4 * SIZE, 4 * SIZE)
    lens = Lens(lateral_colour_ppm=(20000.0, 0.0, -20000.0))
    return panels(["none", "2 %"], [_seen(checks, None), _seen(checks, lens)], (0, 1))


def veiling_glare() -> Figure:
    """Glare of 0, 5 and 20 %: black is lifted by the mean of the picture."""
    lenses = [None, Lens(veiling_glare=0.05), Lens(veiling_glare=0.2)]
    return panels(["none", "5 %", "20 %"], [_seen(_star(), lens) for lens in lenses], (0, 1))


def crosstalk() -> Figure:
    """Photosites of red light on RGGB: alone, with optical, and with electrical crosstalk."""
    red = torch.zeros(1, 3, 24, 24)
    red[:, 0] = 400.0
    mosaic = mosaic_of(red, Cfa.RGGB).double()
    share = (0.0, 0.05, 0.0, 0.05, 0.8, 0.05, 0.0, 0.05, 0.0)
    kernels = dict.fromkeys("RGB", share)
    generator = Draws(seed=1, effect=Effect.SHOT)
    from simulate.effects.shot_noise import shot_noise

    freed = shot_noise(mosaic.float(), generator)
    spread = optical_crosstalk(mosaic, kernels, Cfa.RGGB)
    maps = [
        freed, shot_noise(spread.float(), generator),
        electrical_crosstalk(freed, kernels, Cfa.RGGB),
    ]  # fmt: skip
    return panels(["none", "optical", "electrical"], [m[0, 0] for m in maps], (0, 450))


def shading() -> Figure:
    """Shading that takes more from red than from blue: the corners change in colour."""
    flat = torch.full((1, 1, SIZE, SIZE), 0.8)
    coefficients = {"R": (-0.5,), "G": (-0.35,), "B": (-0.25,)}
    planes = [shade(flat, {"Y": coefficients[c]}, Cfa.MONO, (SIZE, SIZE))[0, 0] for c in "RGB"]
    picture = encode_srgb(torch.stack(planes, dim=-1).double())
    return panels(["even", "shaded"], [encode_srgb(flat[0, 0].expand(3, -1, -1).permute(1, 2, 0)
                                                   .double()), picture], (0, 1))  # fmt: skip


def rolling_shutter() -> Figure:
    """Motion to the right, seen by a global shutter and by rows that start one after another."""
    bars = scene("sine-grating?frequency=0.03&modulation=1&luminance=50", SIZE, SIZE)
    times = (0.0, 1e-4)
    maps = [_shown(pan(bars, (0.0, 2000.0), row_time, 1e-3)) for row_time in times]
    return panels(["global", "100 us a row"], maps, (0, 1))


def flicker() -> Figure:
    """A lamp at 100 Hz, rows 50 us apart: bands, and none where an exposure is whole periods."""
    flat = torch.full((1, 1, 4 * SIZE, SIZE), 0.5)
    start = row_start_times(4 * SIZE, 5e-5)
    lamp = Flicker(frequency_hz=100.0, depth=0.6)
    maps = [
        under_flicker(flat, start, torch.tensor([time]), lamp)[0, 0, ::4] for time in (2e-3, 1e-2)
    ]
    return panels(["2 ms", "10 ms"], maps, (0, 1))


def patterns() -> Figure:
    """Colour-filter patterns that the sensor can have, each over 12 x 12 photosites."""
    inks = {
        "R": (0.85, 0.2, 0.2), "G": (0.2, 0.7, 0.3), "B": (0.2, 0.35, 0.85), "W": (1, 1, 1),
        "C": (0.97, 0.97, 0.85), "Y": (0.6, 0.6, 0.6),
    }  # fmt: skip
    shown = {
        "RGGB": Cfa.RGGB, "X-Trans": Cfa.XTRANS, "quad Bayer": Cfa.QUAD_RGGB,
        "nona": Cfa.NONA_RGGB, "RGBW": Cfa.RGBW, "RCCB": Cfa.RCCB,
    }  # fmt: skip
    maps = []
    for cfa in shown.values():
        colours = torch.tensor([inks[channel] for channel in cfa.channels])
        maps.append(colours[cfa.colour_map(12, 12)])
    return panels(list(shown), maps, (0, 1), size=1.5)


def responses() -> Figure:
    """Camera responses: sRGB, a power of 2.2, and (1 + b) x^g / (b + x^g)."""
    x = torch.linspace(0, 1, 400, dtype=torch.float64)
    known = [Response.srgb(), Response.power(2.2), Response.sigmoid(0.6, 0.9)]
    lines = {response.name: response.encode(x) for response in known}
    return curves(x, lines, "relative exposure", "code / 255")


def exposure_ladder() -> Figure:
    """Frames of one exposure ladder: each is the one before and new photons."""
    seen = view(_star(), pitch_um=PITCH_UM, size=(SIZE, SIZE), f_number=16.0)
    light = Frame.start(
        100 * seen.data[:, :1], Domain.EXPECTED,
        shot=Shot.single(iso=100, exposure_time_s=0.01),
    )  # fmt: skip
    shares = (0.01, 0.05, 0.2, 1.0)
    rungs = ladder(light, shares, seed=1)
    maps = [rung.data[0, 0] / share for rung, share in zip(rungs, shares, strict=True)]
    return panels([f"{share:g} of the light" for share in shares], maps, (0, 130))


OPTICS: dict[str, Callable[[], Figure]] = {
    f.__name__: f
    for f in (
        lens_blur, pitch, fall_off, lateral_colour, veiling_glare, crosstalk, shading,
        rolling_shutter, flicker, patterns, responses, exposure_ladder,
    )
}  # fmt: skip
