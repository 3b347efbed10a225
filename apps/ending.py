"""What a development will end in and where its tone curves stand, before a file is read."""

from dataclasses import dataclass

from apps.chosen_recipe import Choices, recipe_for
from apps.recipes import TONES, stage_named
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame


@dataclass(frozen=True, slots=True)
class ToneNames:
    """steps: names of a recipe's steps. curves: those of them that are tone curves."""

    steps: tuple[str, ...]
    curves: tuple[str, ...]

    def before(self, after: str | None) -> tuple[str, ...]:
        """The curves up to a step, itself included."""
        if after not in self.steps:
            return ()
        done = self.steps[: self.steps.index(after) + 1]
        return tuple(name for name in self.curves if name in done)


def tone_names(frame: Frame, choices: Choices) -> ToneNames:
    """Which steps of the choices' recipe are tone curves; `none` is one by its place."""
    steps = recipe_for(frame.need_profile().cfa, choices).steps
    curves = tuple(s.name for s in steps if s.stage in TONES or s.name == "tone")
    return ToneNames(tuple(s.name for s in steps), curves)


@dataclass(frozen=True, slots=True)
class Ending:
    """What a development ends in, as far as its recipe says; None: the recipe does not say."""

    domain: Domain | None
    transfer: str | None = None


def ending(choices: Choices) -> Ending:
    """Tell what the choices end in, before a file is read.

    Raises UsageError for a choice that does not exist, FileError for a recipe that is none.
    """
    steps = recipe_for(Cfa.RGGB, choices).steps
    found = [stage_named(step.stage) for step in steps]
    domains = [None if stage is None else getattr(stage, "domain_out", None) for stage in found]
    domain = domains[-1]
    if not isinstance(domain, Domain) or any(d is not None and d > domain for d in domains):
        return Ending(None)  # building it says what is wrong with it
    encodes = [dict(step.settings) for step in steps if step.stage == "encode"]
    return Ending(domain, str(encodes[-1].get("transfer", "srgb")) if encodes else None)
