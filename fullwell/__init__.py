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
    from isp.core.pipeline import Pipeline as Pipeline
    from isp.core.readings import Reading as Reading
    from isp.core.response import Response as Response
    from isp.core.rng import Draws as Draws
    from isp.core.rng import Effect as Effect
    from isp.core.sensor import SensorProfile as SensorProfile
    from isp.core.shot import Shot as Shot
    from isp.core.stage import Stage as Stage
    from isp.core.stage import as_stage as as_stage
    from isp.files.open import read as read
    from isp.files.profile import builtin_names as camera_names
    from isp.files.profile import load_profile as camera
    from isp.files.save import write as write
    from simulate.bracket import bracket as bracket
    from simulate.burst import burst as burst
    from simulate.camera_view import view as view
    from simulate.ladder import ladder as ladder
    from simulate.optics import Lens as Lens
    from simulate.pairs import PairSource as PairSource
    from simulate.scenes.panorama import panorama_view as panorama_view
    from simulate.sensor import Sensor as Sensor

__version__ = "0.1.0"

# Each public name and where it lives; module:attribute where the name differs there.
_HOME = {
    "Cfa": "isp.core.cfa",
    "Colour": "isp.core.colour",
    "Domain": "isp.core.domain",
    "Draws": "isp.core.rng",
    "Effect": "isp.core.rng",
    "Frame": "isp.core.frame",
    "FullwellError": "isp.core.errors",
    "Lens": "simulate.optics",
    "PairSource": "simulate.pairs",
    "Pipeline": "isp.core.pipeline",
    "Reading": "isp.core.readings",
    "Response": "isp.core.response",
    "Sensor": "simulate.sensor",
    "SensorProfile": "isp.core.sensor",
    "Shot": "isp.core.shot",
    "Stage": "isp.core.stage",
    "as_stage": "isp.core.stage",
    "bracket": "simulate.bracket",
    "burst": "simulate.burst",
    "camera": "isp.files.profile:load_profile",
    "camera_names": "isp.files.profile:builtin_names",
    "develop": "apps.developing",
    "ladder": "simulate.ladder",
    "panorama_view": "simulate.scenes.panorama",
    "presets": "apps.presets",
    "read": "isp.files.open",
    "reopen": "isp.core.frame",
    "scene": "apps.scenes",
    "view": "simulate.camera_view",
    "write": "isp.files.save",
}

# A literal, so that type checkers read it.
__all__ = [
    "Cfa",
    "Colour",
    "Domain",
    "Draws",
    "Effect",
    "Frame",
    "FullwellError",
    "Lens",
    "PairSource",
    "Pipeline",
    "Reading",
    "Response",
    "Sensor",
    "SensorProfile",
    "Shot",
    "Stage",
    "__version__",
    "as_stage",
    "bracket",
    "burst",
    "camera",
    "camera_names",
    "develop",
    "ladder",
    "panorama_view",
    "presets",
    "read",
    "reopen",
    "scene",
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
