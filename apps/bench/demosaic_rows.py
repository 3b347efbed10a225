"""The demosaics that docs/demosaic.md compares, ours and others', each as one call."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from apps.recipes import STAGES, make
from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import MissingError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.dng import write_dng
from isp.files.peer_demosaics import libraw_demosaic, opencv_demosaic
from isp.fused.demosaic_gbtf_root import demosaic_gbtf_root_fused
from isp.stages.demosaic.root_domain import TOE, from_root, to_root

FULL_SCALE = 65535
LEAST_XTRANS = 516  # photosites a side: at 512 LibRaw works, at 451 it fails (measured)
Picture = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One demosaic: `run(mosaic (h, w), rounds)` gives (h, w, 3) and the shortest run in seconds.

    ours: whether it is fullwell's.
    """

    name: str
    run: Callable[[Tensor, int], tuple[Picture, float]]
    ours: bool = True


def rows_for(cfa: Cfa) -> list[Row]:
    """Every demosaic that takes the pattern."""
    if cfa.is_bayer:
        return [*_ours_bayer(cfa), *_libraw(cfa), *_colour_demosaicing(cfa), *_opencv(cfa)]
    rows = [
        _stage("bilinear", cfa),
        _stage("directional_mmse", cfa),
        _stage("directional_mmse", cfa, stretch=1.0),
        _stage("directional_mmse", cfa, toe=None),
    ]
    if cfa == Cfa.XTRANS:
        return [*rows, *_libraw(cfa)]
    return [*rows, *(_remosaiced(key, cfa) for key in ("malvar2004", "menon2007", "gbtf_root"))]


def _ours_bayer(cfa: Cfa) -> list[Row]:
    return [
        _stage("bilinear", cfa),
        _stage("malvar2004", cfa),
        _stage("menon2007", cfa),
        _stage("directional_mmse", cfa),
        _stage("gbtf_root", cfa),
        Row(
            name="fullwell gbtf_root, compiled",
            run=_timed(lambda mosaic: demosaic_gbtf_root_fused(mosaic, cfa)),
        ),
        _stage("gbtf_root", cfa, toe=None),
        _under_root("malvar2004", cfa),
        _under_root("menon2007", cfa),
    ]


def _stage(key: str, cfa: Cfa, **settings: Any) -> Row:
    stage = make(STAGES[key], cfa, settings)
    said = ", ".join(f"{name} {'none' if v is None else f'{v:g}'}" for name, v in settings.items())
    return Row(name=f"fullwell {key}{f' ({said})' if said else ''}", run=_timed(stage))


def _under_root(key: str, cfa: Cfa) -> Row:
    stage = make(STAGES[key], cfa, {})
    return Row(
        name=f"fullwell {key} under the root",
        run=_timed(lambda mosaic: from_root(stage(to_root(mosaic, TOE)), TOE)),
    )


def _remosaiced(key: str, cfa: Cfa) -> Row:
    remosaic = make(STAGES["quad_remosaic"], cfa, {})
    bayer: Cfa = remosaic.cfa_out  # type: ignore[assignment]  # a QuadRemosaic has it
    stage = make(STAGES[key], bayer, {})
    return Row(
        name=f"fullwell quad_remosaic, {key}", run=_timed(lambda mosaic: stage(remosaic(mosaic)))
    )


def _timed(demosaic: Callable[[Tensor], Tensor]) -> Callable[[Tensor, int], tuple[Picture, float]]:
    def run(mosaic: Tensor, rounds: int) -> tuple[Picture, float]:
        given = mosaic[None, None].float()
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            picture = demosaic(given)
            seconds.append(time.perf_counter() - start)
        return picture[0].permute(1, 2, 0).double().numpy(), min(seconds)

    return run


def _codes(mosaic: Tensor) -> Tensor:
    """What programs that take integers get: 16 bits, noise below black cut off."""
    return (mosaic * FULL_SCALE).round().clamp(0, FULL_SCALE)


def _libraw(cfa: Cfa) -> list[Row]:
    # On X-Trans LibRaw takes Markesteijn's method of one pass for PPG, of three for all after it.
    modes = ["LINEAR", "VNG", "PPG", "AHD"]
    if cfa.is_bayer:
        modes += ["DCB", "DHT", "AAHD"]
    profile = SensorProfile(
        name="fullwell table", cfa=cfa, bit_depth=16, white_level_dn=float(FULL_SCALE),
        black_level_dn=(0.0,) * (cfa.period[0] * cfa.period[1]), readings=(),
    )  # fmt: skip

    def runs(mode: str) -> Callable[[Tensor, int], tuple[Picture, float]]:
        def run(mosaic: Tensor, rounds: int) -> tuple[Picture, float]:
            height, width = mosaic.shape
            codes = _large_enough(_codes(mosaic), cfa)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "mosaic.dng"
                write_dng(path, Frame.start(codes, Domain.RAW, profile=profile))
                decoded = libraw_demosaic(path, mode, rounds=rounds)
            seconds = float(decoded.facts["seconds"]) * height * width / codes.numel()
            picture = decoded.arrays["code"][:height, :width]
            return picture.astype(np.float64) / FULL_SCALE, seconds

        return run

    return [Row(name=f"LibRaw {mode}", run=runs(mode), ours=False) for mode in modes]


def _large_enough(mosaic: Tensor, cfa: Cfa) -> Tensor:
    """(1, 1, h, w), continued by whole periods where LibRaw refuses a small X-Trans mosaic."""
    least = 0 if cfa.is_bayer else LEAST_XTRANS
    down, right = (max(0, least - side) for side in mosaic.shape)
    return reflect_whole_periods(mosaic[None, None], cfa.period, (0, right, 0, down))


def _colour_demosaicing(cfa: Cfa) -> list[Row]:
    try:
        import colour_demosaicing as peer
    except ImportError as error:
        raise MissingError(
            "colour-demosaicing is not installed; pip install fullwell[dev]"
        ) from error
    methods: Mapping[str, Callable[..., Any]] = {
        "Malvar 2004": peer.demosaicing_CFA_Bayer_Malvar2004,
        "Menon 2007": peer.demosaicing_CFA_Bayer_Menon2007,
    }

    def runs(method: Callable[..., Any]) -> Callable[[Tensor, int], tuple[Picture, float]]:
        def run(mosaic: Tensor, rounds: int) -> tuple[Picture, float]:
            given, seconds = mosaic.double().numpy(), []
            for _ in range(rounds):
                start = time.perf_counter()
                picture = method(given, cfa.name)
                seconds.append(time.perf_counter() - start)
            return np.asarray(picture), min(seconds)

        return run

    return [
        Row(name=f"colour-demosaicing {name}", run=runs(method), ours=False)
        for name, method in methods.items()
    ]


def _opencv(cfa: Cfa) -> list[Row]:
    def run(mosaic: Tensor, rounds: int) -> tuple[Picture, float]:
        dn, seconds = _codes(mosaic).numpy().astype(np.uint16), []
        for _ in range(rounds):
            start = time.perf_counter()
            picture = opencv_demosaic(dn, cfa.name, "EA")
            seconds.append(time.perf_counter() - start)
        return picture.astype(np.float64) / FULL_SCALE, min(seconds)

    return [Row(name="OpenCV EA", run=run, ours=False)]


def one_thread() -> None:
    """Let every program here run on one thread, LibRaw's child processes too."""
    os.environ["OMP_NUM_THREADS"] = "1"  # read by LibRaw when its process starts
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"  # and by OpenCV when it is imported
    torch.set_num_threads(1)
