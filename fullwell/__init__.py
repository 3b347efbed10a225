"""fullwell: a camera lab in software. Everything public, loaded when it is first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.developing import develop as develop
    from apps.presets import presets as presets
    from apps.scenes import scene as scene
    from isp.core.cfa import Cfa as Cfa
    from isp.core.colour import Colour as Colour
    from isp.core.domain import Domain as Domain
    from isp.core.errors import FullwellError as FullwellError
    from isp.core.frame import Frame as Frame
    from isp.core.frame import reopen as reopen
    from isp.core.noise_table import NoiseRow as NoiseRow
    from isp.core.pipeline import Pipeline as Pipeline
    from isp.core.readings import Reading as Reading
    from isp.core.readings import SensorNoise as SensorNoise
    from isp.core.response import Response as Response
    from isp.core.rng import Draws as Draws
    from isp.core.rng import Effect as Effect
    from isp.core.sensor import ColourMatrixEntry as ColourMatrixEntry
    from isp.core.sensor import Defect as Defect
    from isp.core.sensor import SensorProfile as SensorProfile
    from isp.core.shot import Shot as Shot
    from isp.core.spectral import SpectralSensitivity as SpectralSensitivity
    from isp.core.stage import Stage as Stage
    from isp.core.stage import as_stage as as_stage
    from isp.core.tiles import tiled as tiled
    from isp.files.open import read as read
    from isp.files.profile import builtin_names as camera_names
    from isp.files.profile import load_profile as camera
    from isp.files.profile import save_profile as save_profile
    from isp.files.save import write as write
    from isp.merge.bracket import merge as merge
    from simulate.bracket import bracket as bracket
    from simulate.budget import noise_budget as noise_budget
    from simulate.burst import burst as burst
    from simulate.camera_view import view as view
    from simulate.hdr_readout import dual_gain_readout as dual_gain_readout
    from simulate.hdr_readout import split_pixel as split_pixel
    from simulate.hdr_readout import staggered as staggered
    from simulate.ladder import ladder as ladder
    from simulate.motion import HandShake as HandShake
    from simulate.motion import MovingObject as MovingObject
    from simulate.optics import Lens as Lens
    from simulate.pairs import PairSource as PairSource
    from simulate.scenes.panorama import panorama_view as panorama_view
    from simulate.sensor import Sensor as Sensor
    from simulate.sequence import Motion as Motion
    from simulate.unprocess import unprocess as unprocess

__version__ = "0.1.0"

# Each public name and where it lives; module:attribute where the name differs there.
_HOME = {
    "Cfa": "isp.core.cfa",
    "Colour": "isp.core.colour",
    "ColourMatrixEntry": "isp.core.sensor",
    "Defect": "isp.core.sensor",
    "Domain": "isp.core.domain",
    "Draws": "isp.core.rng",
    "Effect": "isp.core.rng",
    "Frame": "isp.core.frame",
    "FullwellError": "isp.core.errors",
    "HandShake": "simulate.motion",
    "Lens": "simulate.optics",
    "Motion": "simulate.sequence",
    "MovingObject": "simulate.motion",
    "NoiseRow": "isp.core.noise_table",
    "PairSource": "simulate.pairs",
    "Pipeline": "isp.core.pipeline",
    "Reading": "isp.core.readings",
    "Response": "isp.core.response",
    "Sensor": "simulate.sensor",
    "SensorNoise": "isp.core.readings",
    "SensorProfile": "isp.core.sensor",
    "Shot": "isp.core.shot",
    "SpectralSensitivity": "isp.core.spectral",
    "Stage": "isp.core.stage",
    "as_stage": "isp.core.stage",
    "bracket": "simulate.bracket",
    "burst": "simulate.burst",
    "camera": "isp.files.profile:load_profile",
    "camera_names": "isp.files.profile:builtin_names",
    "develop": "apps.developing",
    "dual_gain_readout": "simulate.hdr_readout",
    "ladder": "simulate.ladder",
    "merge": "isp.merge.bracket",
    "noise_budget": "simulate.budget",
    "panorama_view": "simulate.scenes.panorama",
    "presets": "apps.presets",
    "read": "isp.files.open",
    "reopen": "isp.core.frame",
    "save_profile": "isp.files.profile",
    "scene": "apps.scenes",
    "split_pixel": "simulate.hdr_readout",
    "staggered": "simulate.hdr_readout",
    "tiled": "isp.core.tiles",
    "unprocess": "simulate.unprocess",
    "view": "simulate.camera_view",
    "write": "isp.files.save",
}

# A literal, so that type checkers read it.
__all__ = [
    "Cfa",
    "Colour",
    "ColourMatrixEntry",
    "Defect",
    "Domain",
    "Draws",
    "Effect",
    "Frame",
    "FullwellError",
    "HandShake",
    "Lens",
    "Motion",
    "MovingObject",
    "NoiseRow",
    "PairSource",
    "Pipeline",
    "Reading",
    "Response",
    "Sensor",
    "SensorNoise",
    "SensorProfile",
    "Shot",
    "SpectralSensitivity",
    "Stage",
    "__version__",
    "as_stage",
    "bracket",
    "burst",
    "camera",
    "camera_names",
    "develop",
    "dual_gain_readout",
    "ladder",
    "merge",
    "noise_budget",
    "panorama_view",
    "presets",
    "read",
    "reopen",
    "save_profile",
    "scene",
    "split_pixel",
    "staggered",
    "tiled",
    "unprocess",
    "view",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'fullwell' has no attribute '{name}'")
    module, _, attribute = _HOME[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
