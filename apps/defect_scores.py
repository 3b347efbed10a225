"""How many defects are found without a list, and how many that are none: real raws and simulated.

`FULLWELL_DATA=DATA python -m apps.defect_scores -o docs/defects.md` writes the table.
"""

import argparse
import csv
import functools
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from apps.bench.demosaic_quality import photographs
from apps.bench.metrics.delta_e import linear_from_srgb
from apps.defect_peers import RULES, Rule
from apps.defect_scores_page import BINS, Score, page, summed
from apps.defect_series_scores import series_scores
from apps.light import Seen, light_on_sensor
from apps.raw_noise import measured_noise
from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import deviation, mosaic_noise
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from isp.stages.defect_judge import DefectJudge, shipped_weights
from isp.stages.defects import correct_defects
from isp.stages.dynamic_defects import DynamicDefects, find_defects
from simulate.optics import Lens
from simulate.scenes.region import ANCHOR_CD_M2
from simulate.sensor import Sensor

CAMERA = "NikonD850"
SIZE = (512, 768)
SEED = 3
SCENES = (
    "flat", "slanted-edge?contrast=20", "siemens", "dead-leaves", "dead-leaves?colour=yes",
    "interior",
)  # fmt: skip
TEXTURES = SCENES[2:5]
SERIES = ("flat", *TEXTURES, "interior")
EXPOSURES = ((100.0, 1 / 30), (1600.0, 1 / 500), (6400.0, 1 / 8000))  # ISO, s; f/4
LOUD = (("flat", EXPOSURES[2]), ("dead-leaves?colour=yes", EXPOSURES[1]))
BLUR_PITCHES = 0.45  # standard deviation of the lens's Gaussian, of the pixel pitch
SHARE = 1e-3  # of the photosites, hot and dead each
SATURATED = 4.35  # 65535 in the listed file, of a white level of 15520 and a black level of 600
NIKON = "alam_isp/DSC_1339_768x512_rggb"
# Name, pattern, black and white DN, bytes a photosite, of headerless raws 768 x 512.
RAWS = (
    (f"{NIKON}.raw", Cfa.RGGB, 600.0, 15520.0, 2),
    ("infinite_isp/Indoor1_crop_768x512_y1024_x460_8bit_GRBG.raw", Cfa.GRBG, 12.5, 255.0, 1),
    ("infinite_isp/Outdoor1_crop_768x512_y480_x1344_8bit_GRBG.raw", Cfa.GRBG, 12.5, 255.0, 1),
    ("infinite_isp/Outdoor2_crop_768x512_y512_x736_8bit_GRBG.raw", Cfa.GRBG, 12.5, 255.0, 1),
    ("openisp/test_crop_768x512_y282_x576.raw", Cfa.RGGB, 0.0, 1023.0, 2),
)
LABELS = ("DSC_1339", "Indoor1", "Outdoor1", "Outdoor2", "openISP")


def score(
    name: str, mosaic: Tensor, sound: Tensor, defects: Tensor, noise: Tensor, measured: Tensor,
    cfa: Cfa, rule: Rule | None = None, *, harm: bool = False,
) -> Score:  # fmt: skip
    """Find the defects of a mosaic and compare with where they are.

    mosaic: with defects; sound: the same photosites without; all (1, 1, h, w). rule: another
        way to find them than ours. harm: whether to correct the sound one too.
    """
    judge = DefectJudge(shipped_weights())

    def find(light: Tensor, known: Tensor) -> Tensor:
        if rule is not None:
            return rule(light, noise, cfa)
        return find_defects(light, known.float(), noise, cfa, judge)

    found = find(mosaic, measured)
    wrong = find(sound, sound < 0.995) if harm else torch.zeros_like(found)
    repaired = correct_defects(sound, wrong.float(), cfa)
    error = float((repaired - sound).double().square().mean())
    amplitude = (mosaic - sound).abs() / deviation(sound, noise)
    bins = []
    for low, high in BINS:
        inside = defects & (amplitude >= low) & (amplitude < high)
        bins.append((int((found & inside).sum()), int(inside.sum())))
    return Score(
        name=name, photosites=mosaic.numel(), found_of=tuple(bins),
        false_positives=int((found & ~defects).sum()),
        harm_db=-10 * math.log10(error) if error else math.inf,
    )  # fmt: skip


def listed_score(folder: Path) -> Score:
    """The real raw with the 400 changed photosites that its source lists."""
    sound, noise, cfa = _real(folder, *RAWS[0])
    mosaic, defects = sound.clone(), torch.zeros_like(sound, dtype=torch.bool)
    _, _, black, white, _ = RAWS[0]
    path = folder / f"{NIKON}_bpc_test_changed_pixels.csv"
    with path.open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            at = (0, 0, int(line["row"]), int(line["col"]))
            mosaic[at] = (float(line["value_in_bpc_test"]) - black) / (white - black)
            defects[at] = True
    return score("DSC_1339, its own list", mosaic, sound, defects, noise, mosaic < 0.995, cfa)


def injected_scores(folder: Path) -> Iterator[Score]:
    """Each real raw with 400 photosites at black, and with 400 saturated, as the list has them."""
    for number, raw in enumerate(RAWS):
        sound, noise, cfa = _real(folder, *raw)
        for kind, value in (("dead", 0.0), ("hot", SATURATED)):
            draws = Draws.fixed(number, Effect.HOT_PIXEL, f"defect scores {kind}", (0, 0))
            word = uniform(draws.words(*SIZE, sound.device))
            defects = (word < 400 / word.numel()).reshape(sound.shape)
            mosaic = torch.where(defects, value, sound)
            name = f"{LABELS[number]}, {kind}"
            yield score(name, mosaic, sound, defects, noise, mosaic < 0.995, cfa)


def simulated_scores(
    sensor: Sensor, scene: str, exposures: Sequence[tuple[float, float]], *, blurs: bool = True
) -> Iterator[Score]:
    """A scene captured by a sensor with hot and dead photosites, at each ISO and time in s."""
    light = _light(scene, blurs=blurs)
    lensless = "" if blurs else " (no lens)"
    yield from captured_scores(sensor, f"{scene}{lensless}, ", light, exposures)


def captured_scores(
    sensor: Sensor,
    name: str,
    light: Frame,
    exposures: Sequence[tuple[float, float]],
    body: int = 0,
    rule: Rule | None = None,
    *,
    harm: bool = False,
) -> Iterator[Score]:
    """Light captured with the sensor's defects and without; body: one of them, by its number."""
    profile, size = sensor.profile, light.size
    whole = Sensor(replace(profile, hot_pixel_fraction=0.0, dead_pixel_fraction=0.0))
    broken_map, clean_map = (
        s.pattern(body, (0, 0), size, light.data.device) for s in (sensor, whole)
    )
    defects = _differ(broken_map.gain, clean_map.gain, size)
    defects = defects | _differ(broken_map.dark_e_per_s, clean_map.dark_e_per_s, size)
    for iso, time_s in exposures:
        shot = replace(Shot.single(exposure_time_s=time_s, f_number=4.0, iso=iso), body=body)
        broken, sound = (
            BlackLevel(profile.cfa).develop(s.capture(s.expose(light, shot), SEED))
            for s in (sensor, whole)
        )
        noise = mosaic_noise(profile, shot.need("iso"), with_pattern=True, tail_sigmas=5.0)
        said = f"{name}{_said((iso, time_s))}"
        yield score(
            said, broken.data, sound.data, defects, noise, broken.measured, profile.cfa, rule,
            harm=harm,
        )  # fmt: skip


def photograph_scores(
    cfas: Sequence[Cfa], exposures: Sequence[tuple[float, float]]
) -> Iterator[Score]:
    """The photographs that nothing was trained on, as scenes of one pixel a photosite.

    Kodak's and those of scikit-image, added up: a row for each pattern and exposure.
    """
    lights = [photographed(encoded) for _, encoded in photographs()]
    for cfa in cfas:
        sites = cfa.period[0] * cfa.period[1]
        one = broken_camera()
        black = (one.black_level_dn[0],) * sites
        sensor = Sensor(one.with_fields(cfa=cfa, black_level_dn=black))
        for exposure in exposures:
            each = [
                next(captured_scores(sensor, "", light, [exposure], number))
                for number, light in enumerate(lights)
            ]
            name = f"{len(each)} photographs, {cfa.name}, {_said(exposure)}"
            yield summed(name, each)


def peer_scores(sensor: Sensor) -> Iterator[Score]:
    """Ours and the rules of `apps.defect_peers` on the same captures: texture of many kinds."""
    lights = [photographed(encoded) for _, encoded in photographs()]
    lights += [_light(scene, blurs=True) for scene in TEXTURES]
    for name, rule in {"ours": None, **RULES}.items():
        each = [
            next(captured_scores(sensor, "", light, EXPOSURES[:1], number, rule, harm=True))
            for number, light in enumerate(lights)
        ]
        yield summed(name, each)


def photographed(encoded: np.ndarray) -> Frame:
    """A photograph in sRGB codes 0..1, (h, w, 3), as light: its white is the scene's."""
    light = np.moveaxis(linear_from_srgb(encoded), -1, 0).astype(np.float32)
    colour = Colour(primaries=PRIMARIES["bt709"], anchor_cd_m2=ANCHOR_CD_M2)
    data = torch.from_numpy(np.ascontiguousarray(light))[None]
    return Frame.start(data, Domain.SCENE, colour=colour)


def broken_camera(name: str = CAMERA) -> SensorProfile:
    """A built-in camera with hot photosites of every strength and dead ones."""
    return load_profile(name).with_fields(
        hot_pixel_fraction=SHARE, dead_pixel_fraction=SHARE, hot_pixel_log_spread=2.0,
        hot_pixel_dark_current_e_per_s=3e4,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.defect_scores")
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)

    def text() -> str:
        real = [listed_score(_raws()), *injected_scores(_raws())]
        sensor = Sensor(broken_camera())
        simulated = [row for scene in SCENES for row in simulated_scores(sensor, scene, EXPOSURES)]
        simulated += simulated_scores(sensor, "dead-leaves", EXPOSURES[:1], blurs=False)
        simulated += photograph_scores((Cfa.RGGB,), EXPOSURES)
        simulated += photograph_scores((Cfa.QUAD_RGGB, Cfa.XTRANS), EXPOSURES[:1])
        peers = list(peer_scores(sensor))
        series = [
            row
            for scene, exposure in (*((s, EXPOSURES[0]) for s in SERIES), *LOUD)
            for row in series_scores(
                sensor.profile, f"{scene}, {_said(exposure)}", _light(scene, blurs=True), *exposure
            )
        ]
        settings = DynamicDefects(Cfa.RGGB).settings()
        return page(real, simulated, series, peers, CAMERA, settings, _command(asked))

    return write_page(text, asked.output, force=asked.force)


@functools.cache
def _light(scene: str, *, blurs: bool) -> Frame:
    profile = broken_camera()
    pitch = profile.pixel_pitch_um or 1.0
    lens = Lens(gaussian_psf_um=BLUR_PITCHES * pitch) if blurs else None
    return light_on_sensor(f"scene:{scene}", Seen(size=SIZE, lens=lens), profile, 4.0)


def _said(exposure: tuple[float, float]) -> str:
    iso, time_s = exposure
    return f"ISO {iso:g}, 1/{1 / time_s:.0f} s"


def _differ(one: Tensor | None, other: Tensor | None, size: tuple[int, int]) -> Tensor:
    if one is None:
        return torch.zeros(1, 1, *size, dtype=torch.bool)
    return one != (torch.zeros_like(one) if other is None else other)


def _real(
    folder: Path, name: str, cfa: Cfa, black: float, white: float, width: int
) -> tuple[Tensor, Tensor, Cfa]:
    path = folder / name
    try:
        dn = np.fromfile(path, dtype=f"<u{width}")
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror})") from error
    if dn.size != SIZE[0] * SIZE[1]:
        raise FileError(path, f"it has {dn.size} photosites, not {SIZE[1]} x {SIZE[0]}")
    light = (dn.reshape(SIZE).astype(np.float32) - black) / (white - black)
    mosaic = torch.from_numpy(light)[None, None]
    return mosaic, measured_noise(mosaic, cfa, white - black), cfa


def _raws() -> Path:
    folder = os.environ.get("FULLWELL_DATA")
    if folder is None:
        raise UsageError("set FULLWELL_DATA to the folder of the real data")
    return Path(folder) / "raw"


def _command(asked: argparse.Namespace) -> str:
    words = ["FULLWELL_DATA=DATA python -m apps.defect_scores"]
    if asked.output is not None:
        absolute = asked.output.is_absolute()
        words += ["-o", asked.output.name if absolute else asked.output.as_posix()]
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())
