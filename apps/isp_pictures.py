"""A picture of each stage of the ISP: `python -m apps.isp_pictures`."""

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from apps.opcode_pictures import fitted_colours, gain_map, warp
from apps.opcode_pictures import look as look_picture
from apps.recipes import DEMOSAICS, TONES, Recipe, Step
from apps.report.effect_figure import panels
from apps.report.pages import write_pictures
from apps.report.stage_figure import (
    BASE,
    Variants,
    compared,
    developed,
    seen,
    settings_of,
    swapped,
    up_to,
    with_and_without,
)
from apps.scenes import scene
from isp.core.cfa import Cfa
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.core.transfer import ENCODERS
from isp.files.profile import load_profile
from simulate.sensor import Sensor

CAMERA, SEED = "GenericPhone", 7
ROOM, CHART = (0, 640, 0, 960), (330, 480, 560, 785)  # rows and columns


@functools.cache
def light_of(name: str) -> Frame:
    """A built-in scene, rendered once."""
    return scene(name)


def raw(name: str = "interior", iso: float = 100.0, time_s: float = 1 / 15, **fields: Any) -> Frame:
    """A capture of a built-in scene by the generic phone, with some fields of it changed."""
    sensor = Sensor(load_profile(CAMERA).with_fields(**fields))
    shot = Shot.single(exposure_time_s=time_s, f_number=1.8, iso=iso)
    return sensor.capture(sensor.expose(light_of(name), shot), SEED)


def linearize() -> Figure:
    """DN of a converter with a square-root table, as stored and made linear."""
    table = tuple(i + 768 * (i / 255) ** 2 for i in range(256))
    frame = raw(linearization_table_dn=table)
    shown = [frame.data[0, 0] / 255, developed(frame, ("linearize",)).data[0, 0] / 1023]
    top, end, left, right = ROOM
    maps = [ENCODERS["srgb"](m.clamp(0, 1))[top:end, left:right] for m in shown]
    return panels(["DN as stored", "through the table"], maps, (0, 1), 4.0)


def black_level() -> Figure:
    """DN over their whole range, and light from black to white, in a dark corner."""
    frame = raw(time_s=1 / 250)
    crop = (400, 640, 0, 360)
    dn = frame.data[0, 0, crop[0] : crop[1], crop[2] : crop[3]] / 300
    after = developed(frame, ("black_level",)).data[0, 0, crop[0] : crop[1], crop[2] : crop[3]]
    return panels(["DN / 300", "linear x 14"], [dn, after * 14], (0, 1), 4.0)


def defects() -> Figure:
    """Listed photosites, bright and dark, taken as they are and corrected."""
    from isp.core.sensor import Defect

    listed = tuple(Defect(row=340 + 7 * i, column=570 + (53 * i) % 200) for i in range(18))
    frame = raw()
    data = frame.data.clone()
    for i, place in enumerate(listed):
        data[..., place.row, place.column] = 1023.0 if i % 2 else 0.0
    frame = replace(frame, data=data)
    known = replace(frame, profile=frame.need_profile().with_fields(defects=listed))
    maps = [seen(developed(f), CHART) for f in (frame, known)]
    return panels(["not listed", "listed"], maps, (0, 1), 4.0)


def dynamic_defects() -> Figure:
    """Hot photosites of a warm sensor that no list knows."""
    frame = raw(hot_pixel_fraction=2e-3, hot_pixel_dark_current_e_per_s=3e4)
    return with_and_without("dynamic_defects", "white_balance", frame, CHART)


def lens_shading() -> Figure:
    """A lens that loses six tenths of its light in the corners, and its profile's map of gains."""
    frame = raw(shading=dict.fromkeys(("R", "G", "B"), (-0.8, 0.2)))
    return with_and_without("lens_shading", "white_balance", frame, ROOM)


def opcodes_mosaic() -> Figure:
    """The same lens, and the GainMap (OpcodeList2) that its DNG would carry."""
    return gain_map(raw(shading=dict.fromkeys(("R", "G", "B"), (-0.8, 0.2))), ROOM)


def denoise() -> Figure:
    """ISO 3200, and the noise of the profile taken away."""
    return with_and_without("denoise", "white_balance", raw(iso=3200, time_s=1 / 500), CHART)


def white_balance() -> Figure:
    """Gains of the shot, of three estimators, and of a temperature."""
    choices = {
        m: {"gains": m} for m in ("as_shot", "grey_world", "grey_edge", "white_patch", "3200K")
    }
    return settings_of("white_balance", choices, raw(), ROOM, 2.6)


def quad_remosaic() -> Figure:
    """A Quad-Bayer star: bilinear, and remosaicked before Malvar 2004."""
    frame = raw("siemens", time_s=1 / 60, cfa=Cfa.QUAD_RGGB, black_level_dn=(64.0,) * 16)
    place = BASE.index("highlights")
    longer = (*BASE[:place], "quad_remosaic", *BASE[place:])
    variants: Variants = {
        "bilinear": ([b.replace("malvar2004", "bilinear") for b in BASE], {}),
        "quad_remosaic": (longer, {}),
    }
    return compared(frame, (240, 400, 400, 560), variants, 4.0)


def demosaic() -> Figure:
    """A star at the sensor's limit, by each demosaic."""
    return swapped(
        "malvar2004", DEMOSAICS, raw("siemens", time_s=1 / 60), (270, 370, 430, 530), 2.6
    )


def highlights() -> Figure:
    """An overexposed room: left as it is, cut, and rebuilt."""
    frame = raw(time_s=1 / 4)
    place = BASE.index("highlights")
    rest = (*BASE[:place], *BASE[place + 1 :])
    rebuilt = (*BASE[:place], "rebuild_highlights", *BASE[place + 1 :])
    dark = {"exposure": {"ev": -1.5}}
    variants: Variants = {
        "neither": (rest, dark), "highlights": (BASE, dark), "rebuild_highlights": (rebuilt, dark),
    }  # fmt: skip
    return compared(frame, (20, 320, 300, 720), variants, 3.4)


def lens_distortion() -> Figure:
    """The warp that a barrel-shaped lens asks for, on a picture that has none."""
    return with_and_without(
        "lens_distortion", "colour_matrix", raw(), ROOM, titles=("as it was", "warped"),
        coefficients=(0.85, 0.15, 0, 0, 0, 0),
    )  # fmt: skip


def opcodes_camera() -> Figure:
    """The same warp asked for by a DNG's WarpRectilinear (OpcodeList3)."""
    return warp(raw(), ROOM)


def colour_matrix() -> Figure:
    """Camera colours shown as if they were the display's, and turned into them."""
    return up_to(("malvar2004", "colour_matrix"), raw(), CHART)


def root_polynomial() -> Figure:
    """The profile's matrix, and a root polynomial fitted to the chart's own colours."""
    return fitted_colours(raw(), light_of("interior"), CHART)


def chroma_denoise() -> Figure:
    """ISO 800: coloured noise, and the same luma with smoothed colours."""
    return with_and_without("chroma_denoise", "exposure", raw(iso=800, time_s=1 / 120), CHART)


def sharpen() -> Figure:
    """A star, and sharpened without leaving its surroundings' range by more than a tenth."""
    return with_and_without(
        "sharpen", "exposure", raw("siemens", time_s=1 / 60), (230, 410, 390, 570), amount=2.0
    )


def exposure() -> Figure:
    """Stops given, and found."""
    choices: dict[str, dict[str, Any]] = {
        "-1 EV": {"ev": -1.0}, "+1 EV": {"ev": 1.0}, "auto": {"ev": "auto"},
    }  # fmt: skip
    return settings_of("exposure", choices, raw(), ROOM, 3.4)


def tone() -> Figure:
    """The room and its window by each tone curve."""
    return swapped("filmic", TONES, raw(), ROOM, 2.8)


def lut3d() -> Figure:
    """A look: shadows to blue, lights to orange, in a cube of 17 points a side."""
    import tempfile

    import numpy as np

    from isp.core.lut import Lut
    from isp.files.lut import write_lut

    line = np.linspace(0, 1, 17)
    blue, green, red = np.meshgrid(line, line, line, indexing="ij")
    cube = np.stack([red, green, blue], axis=-1)
    light = cube.mean(axis=-1, keepdims=True)
    cube = cube + 0.12 * (light - 0.4) * np.array([1.0, 0.2, -1.0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "look.cube")
        write_lut(path, Lut(table=cube.astype(np.float32)))
        return with_and_without(
            "lut3d", "encode", raw(), ROOM, file=str(path), encoding="srgb", space="bt709"
        )


def look() -> Figure:
    """A curve a channel on the display's codes: faded blacks, warm lights."""
    return look_picture(raw(), ROOM)


def encode() -> Figure:
    """Codes proportional to light, of the sRGB curve, and of PQ, all shown as they are."""
    choices: dict[str, dict[str, Any]] = {
        "linear": {"transfer": "linear"}, "sRGB": {"transfer": "srgb"},
        "PQ, BT.2020": {"transfer": "pq", "space": "bt2020"},
    }  # fmt: skip
    return settings_of("encode", choices, raw(), ROOM, 3.4)


def bits() -> Figure:
    """The linear light of an integer pipe: 16, 8 and 6 bits behind the colour matrix."""
    from isp.core.quantise import Quantised

    frame = raw()
    cfa = frame.need_profile().cfa
    steps = tuple(Step(name=s, stage=s) for s in BASE)
    pipeline = Recipe(steps=steps).set("exposure", ev=1.0).build(cfa)
    inner = pipeline["colour_matrix"]
    maps = [
        seen(pipeline.replace("colour_matrix", Quantised(inner, n, 2.0)).develop(frame), CHART)
        for n in (16, 8, 6)
    ]
    return panels(["16 bits", "8 bits", "6 bits"], maps, (0, 1), 3.0)


PICTURES: dict[str, Callable[[], Figure]] = {
    f.__name__: f
    for f in (
        linearize, black_level, defects, dynamic_defects, lens_shading, opcodes_mosaic, denoise,
        white_balance, quad_remosaic, highlights, demosaic, lens_distortion, opcodes_camera,
        colour_matrix, root_polynomial, chroma_denoise, sharpen, exposure, tone, lut3d, encode,
        look, bits,
    )
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every picture as DIR/STAGE.jpg; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.isp_pictures", description=__doc__)
    parser.add_argument("names", nargs="*", help="some of the pictures; all without")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images/isp"))
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in PICTURES]
    if unknown:
        parser.error(f"no picture is named {', '.join(unknown)}; known: {', '.join(PICTURES)}")
    chosen = {name: PICTURES[name] for name in asked.names or PICTURES}
    return write_pictures(chosen, asked.output, ".jpg", force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
