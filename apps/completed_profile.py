"""What captures cannot tell of a camera, taken from another profile or from the user, and said."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from calibration.captures import CaptureSet
from isp.core.errors import ProfileError, UsageError
from isp.core.sensor import SensorProfile

# What is asked of the user where a profile has none: an option that gives it.
WANTED: Final = MappingProxyType(
    {
        "pixel_pitch_um": "--pixel-pitch UM",
        "quantum_efficiency": "--quantum-efficiency Q",
        "colour_matrices": "--from CAMERA, or calibrate colour --camera FILE.json",
    }
)
# No flats or darks tell these: they are taken where the profile has none.
UNSEEN: Final = (
    "pixel_pitch_um", "quantum_efficiency", "full_well_e", "colour_matrices",
    "spectral_sensitivity",
)  # fmt: skip
# Beside those above, with the fields that mean nothing without them.
WITH: Final = MappingProxyType(
    {
        "pixel_pitch_um": ("fill_factor",),
        "dark_current_e_per_s": ("dark_current_temperature_c",),
    }
)
# Flats and darks tell these: they are taken where the profile calls its own assumed.
PERHAPS_SEEN: Final = ("prnu_percent", "dsnu_e", "dark_current_e_per_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a user says of the camera beside the captures.

    pixel_pitch_um, quantum_efficiency: told by the user, the latter 0..1. camera: a profile to
    take the rest from, the same model's or a similar one's.
    """

    pixel_pitch_um: float | None = None
    quantum_efficiency: float | None = None
    camera: SensorProfile | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that no sensor has.

        Raises UsageError.
        """
        if self.pixel_pitch_um is not None and not 0 < self.pixel_pitch_um < float("inf"):
            raise UsageError(f"--pixel-pitch is micrometres above 0, not {self.pixel_pitch_um:g}")
        if self.quantum_efficiency is not None and not 0 < self.quantum_efficiency <= 1:
            raise UsageError(
                f"--quantum-efficiency is above 0 and up to 1, not {self.quantum_efficiency:g}"
            )

    def check(self, captures: CaptureSet) -> None:
        """Refuse, before the captures are measured, what does not fit them.

        Raises UsageError for an efficiency that they measure, ProfileError for a camera of other
        colours.
        """
        told = any(stack.photons is not None for stack in captures.stacks)
        if told and self.quantum_efficiency is not None:
            raise UsageError(
                "--quantum-efficiency is not needed: the descriptor says the photons, and so it is "
                "measured"
            )
        if self.camera is None:
            return
        theirs, ours = set(self.camera.cfa.channels), set(captures.cfa.channels)
        if theirs != ours:
            raise ProfileError(
                f"--from {self.camera.name} has colours {_listed(theirs)}, but the captures "
                f"{_listed(ours)}; take a camera of the same, or say the captures' mosaic by --cfa"
            )

    def complete(self, profile: SensorProfile) -> SensorProfile:
        """Fill what the profile has not measured; each field is in its sources and assumed.

        Raises ProfileError.
        """
        fields, sources = self._told(profile)
        if self.camera is not None:
            taken = _taken(profile, self.camera, set(fields))
            for name, value in taken.items():
                theirs = self.camera.sources.get(name)
                sources[name] = f"taken from {self.camera.name}" + (f": {theirs}" if theirs else "")
                fields[name] = value
        if not fields:
            return profile
        return profile.with_fields(
            **fields,
            sources=dict(profile.sources) | sources,
            assumed=tuple(sorted({*profile.assumed, *fields})),
        )

    def _told(self, profile: SensorProfile) -> tuple[dict[str, Any], dict[str, str]]:
        fields: dict[str, Any] = {}
        if self.pixel_pitch_um is not None:
            fields["pixel_pitch_um"] = self.pixel_pitch_um
        if self.quantum_efficiency is not None and profile.quantum_efficiency is None:
            fields["quantum_efficiency"] = self.quantum_efficiency
        return fields, dict.fromkeys(fields, "told by the user, not measured")


def missing_for_scenes(profile: SensorProfile) -> Mapping[str, str]:
    """Fields without which no picture of a scene can be simulated, and what gives each."""
    needs_colours = len(profile.cfa.channels) > 1
    return {
        name: option
        for name, option in WANTED.items()
        if not getattr(profile, name) and (needs_colours or name != "colour_matrices")
    }


def taken_fields(measured: SensorProfile, completed: SensorProfile) -> Mapping[str, str]:
    """Fields that were filled, and where each came from."""
    return {
        name: text for name, text in completed.sources.items() if measured.sources.get(name) != text
    }


def _taken(profile: SensorProfile, camera: SensorProfile, told: set[str]) -> dict[str, Any]:
    wanted = [name for name in UNSEEN if not getattr(profile, name)]
    wanted += [name for name in PERHAPS_SEEN if name in profile.assumed]
    names = [name for name in wanted if name not in told and getattr(camera, name)]
    beside = [each for name in names for each in WITH.get(name, ())]
    own = {each: getattr(profile, each) for each in beside if each not in profile.sources}
    names += [each for each, value in own.items() if value != getattr(camera, each)]
    return {name: getattr(camera, name) for name in names}


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
