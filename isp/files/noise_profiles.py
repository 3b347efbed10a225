"""Noise parameters out of others' files: darktable's profiles, ELD's and PMN's camera lines."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isp.core.eld import LogLine, NoiseLines
from isp.core.errors import FileError, ProfileError
from isp.core.noise_table import NoiseRow
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.plain_pickle import read_pickled_dictionary

GREEN = 1  # of darktable's red, green, blue

# What a photosite's variance is to the one that darktable's tool measures: a Haar wavelet whose
# diagonal band has 1/4 of the pixel's variance, on green that its PPG demosaic has smoothed.
# White noise, red and blue at half the variance of green: 12.8 (a test repeats it).
DARKTABLE_VARIANCE_SCALE = 12.8

# ELD packs R, G1, B, G2; sites in reading order are R, G1, G2, B of an RGGB mosaic.
PACKED_TO_SITES = (0, 1, 3, 2)


def darktable_models(path: str | Path) -> tuple[str, ...]:
    """Cameras in a noiseprofiles.json, each as "maker model", sorted.

    Raises FileError naming file and reason.
    """
    return tuple(sorted(f"{maker} {model}" for maker, model, _ in _darktable(Path(path))))


def read_darktable(
    path: str | Path, model: str, *, variance_scale: float = DARKTABLE_VARIANCE_SCALE
) -> tuple[NoiseRow, ...]:
    """Noise rows of a camera in a user's noiseprofiles.json (darktable's, version 0).

    The file keeps, per ISO and for red, green and blue, variance = a signal + b with the signal in
    0..1 between black and white, before white balance. Green is taken, as darktable itself does;
    entries that it skips are skipped.
    model: "maker model" or the model alone, as the file spells it, whatever the case.
    variance_scale: what the variances are multiplied by. darktable fits the finest wavelet band
        of demosaiced green, in which the noise of a photosite is smaller; the default undoes that
        for the PPG demosaic of a Bayer sensor. 1 takes the numbers as they stand.

    Raises FileError naming file and reason: no such camera, or entries that are not sound.

    Source: darktable, tools/noise/noiseprofile.c (the wavelet) and iop/denoiseprofile.c (green).
    """
    path = Path(path)
    wanted = model.casefold()
    cameras = _darktable(path)
    found = [
        profiles
        for maker, name, profiles in cameras
        if wanted in (name.casefold(), f"{maker} {name}".casefold())
    ]
    if not found:
        near = [f"{a} {b}" for a, b, _ in cameras if wanted in f"{a} {b}".casefold()]
        hint = f"; near it: {', '.join(near[:5])}" if near else f" among its {len(cameras)} cameras"
        raise FileError(path, f'it knows no camera "{model}"{hint}')
    rows: dict[float, NoiseRow] = {}
    for entry in found[0]:
        if isinstance(entry, dict) and entry.get("skip"):
            continue
        row = _darktable_row(path, model, entry, variance_scale)
        rows.setdefault(row.iso, row)  # the first of an ISO is the one that darktable takes
    if not rows:
        raise FileError(path, f'camera "{model}" has no profile that is not marked skip')
    return tuple(rows[iso] for iso in sorted(rows))


def _darktable(path: Path) -> list[tuple[str, str, list[Any]]]:
    values = _json(path)
    if not isinstance(values, dict) or not isinstance(values.get("noiseprofiles"), list):
        raise FileError(path, 'it is not a noiseprofiles.json: it has no list "noiseprofiles"')
    if values.get("version", 0) != 0:
        raise FileError(
            path, f"noise profiles of version 0 are read, but it is {values['version']}"
        )
    try:
        return [
            (str(maker["maker"]), str(model["model"]), list(model["profiles"]))
            for maker in values["noiseprofiles"]
            for model in maker["models"]
        ]
    except (KeyError, TypeError) as error:
        raise FileError(path, f"an entry has no {error} where darktable keeps one") from error


def _darktable_row(path: Path, model: str, entry: Any, scale: float) -> NoiseRow:
    try:
        iso, a, b = float(entry["iso"]), float(entry["a"][GREEN]), float(entry["b"][GREEN])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FileError(
            path, f'a profile of "{model}" lacks iso, a[1] or b[1] as numbers ({error})'
        ) from error
    if not (iso > 0 and a > 0 and all(math.isfinite(v) for v in (iso, a, b))):
        raise FileError(
            path, f'a profile of "{model}" needs ISO and a above 0, got {iso:g}, a {a:g}, b {b:g}'
        )
    return NoiseRow(iso=iso, slope=a * scale, offset=b * scale)


def read_eld(
    path: str | Path, camera: str | None = None, *, calibration: str = "Profile-1"
) -> NoiseLines:
    """The lines of a camera of ELD: a *_params.npy, or a JSON of several by name.

    camera: name within a JSON. calibration: the D850 has a Profile-2 as well.
    Shapes and biases come in pairs, one pair a setting: the first of each pair of shapes and the
    mean of each pair of biases are kept. Biases go from packing order R, G, B, G to the sites of
    an RGGB mosaic in reading order; ELD says neither order nor ISO of the pairs.
    The numbers are DN at 14 bits.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    values: Any = read_pickled_dictionary(path) if path.suffix == ".npy" else _json(path)
    if path.suffix != ".npy":
        values = _named(path, values, camera)
    try:
        lines = values[calibration]
        shapes = [float(v) for v in values["G_shape"]]
        biases = [[float(v) for v in row] for row in values["color_bias"]]
        pairs = list(zip(biases[::2], biases[1::2], strict=True))
        return NoiseLines(
            gain_low=float(values["Kmin"]),
            gain_high=float(values["Kmax"]),
            read=_line(lines["g_scale"]),
            tukey=_line(lines["G_scale"]),
            row=_line(lines["R_scale"]),
            shapes=tuple(shapes[::2]),
            colour_bias_dn=tuple(
                tuple((first[i] + second[i]) / 2 for i in PACKED_TO_SITES)
                for first, second in pairs
            ),
        )
    except KeyError as error:
        raise FileError(path, f"ELD's parameters have {error}, but this file does not") from error
    except (TypeError, ValueError, IndexError) as error:  # a ProfileError is a ValueError
        raise FileError(path, f"ELD's parameters are not sound ({error})") from error


def _line(values: Mapping[str, Any]) -> LogLine:
    numbers = [float(values[name]) for name in ("slope", "bias", "sigma")]
    if not all(math.isfinite(v) for v in numbers) or numbers[2] < 0:
        raise ProfileError(f"a line is slope, bias and a spread >= 0, got {numbers}")
    return LogLine(slope=numbers[0], bias=numbers[1], spread=numbers[2])


def read_pmn(path: str | Path, camera: str) -> NoiseLines:
    """One line set of pmn_noise_params.json: `SonyA7S2_lowISO`, `SonyA7S2_highISO`, `IMX686` ...

    Its Kmin and Kmax are natural logarithms (unverified for its NikonD850). A dual-gain sensor is
    two line sets, one for each branch. DN are those of the set's own bit depth.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    values = _json(path)
    lines = _named(path, values.get("log_linear_models") if isinstance(values, dict) else 0, camera)
    try:
        read, tukey, row = (
            _line(
                {"slope": lines[f"{s}k"], "bias": lines[f"{s}b"], "sigma": lines[f"{s}sig"]}
            )
            for s in ("sigGs", "sigTL", "sigR")
        )  # fmt: skip
        return NoiseLines(
            gain_low=math.exp(lines["Kmin"]),
            gain_high=math.exp(lines["Kmax"]),
            read=read,
            tukey=tukey,
            row=row,
            shapes=(float(lines["lam"]),),
        )
    except KeyError as error:
        raise FileError(path, f"PMN's parameters have {error}, but this file does not") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise FileError(path, f"PMN's parameters are not sound ({error})") from error


def _named(path: Path, values: Any, camera: str | None) -> Any:
    if not isinstance(values, dict):
        raise FileError(path, "noise parameters are a JSON object with a camera for each key")
    if camera not in values:
        known = ", ".join(str(name) for name in list(values)[:12])
        raise FileError(path, f'it has no camera "{camera}"; it has {known}')
    return values[camera]


def _json(path: Path) -> Any:
    look_at(path, Limits(file_bytes=64 * 2**20))
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"it is not a JSON file ({error})") from error
