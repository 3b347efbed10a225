"""How the output of a resolved recipe was written, and the same again when it is used."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.recipe_files import read_recipe

if TYPE_CHECKING:
    from apps.job import Job


def output_of(job: "Job", output: Path) -> dict[str, Any]:
    """What was asked of an output, as a resolved recipe says it: nothing that was left open.

    format: suffix of the file, without its point. fast, whole: see `Choices`. The others are
    fields of `save.Delivery`.
    """
    asked = dict(job.delivery) | {
        "bit_depth": job.bit_depth, "masks": job.masks,
        "fast": job.choices.get("fast"), "whole": not job.choices.get("crop", True),
    }  # fmt: skip
    said = {name: value for name, value in asked.items() if value not in (None, False)}
    return {"format": output.suffix.lower().removeprefix(".")} | said


def as_recipe_says(job: "Job", output: Path) -> "Job":
    """Return the job with what its recipe says of output and camera where the user says nothing.

    What belongs to a format (space, bits, quality …) holds for an output of that format alone;
    `fast` and `whole` hold for all, and so does the camera; a dumped frame knows its own.

    Raises FileError for a recipe that is none.
    """
    recipe = job.choices.get("recipe")
    if recipe is None:
        return job
    found = read_recipe(Path(recipe))
    if not job.resume:
        job = replace(job, camera=job.camera or found.camera)
    said = found.output
    if not said:
        return job
    choices = dict(job.choices)
    choices["fast"] = bool(choices.get("fast") or said.get("fast"))
    choices["crop"] = bool(choices.get("crop", True) and not said.get("whole"))
    job = replace(job, choices=choices)
    if said["format"] != output.suffix.lower().removeprefix("."):
        return job
    about = {n: v for n, v in said.items() if n not in ("format", "fast", "whole")}
    depth, masks = about.pop("bit_depth", None), about.pop("masks", False)
    own = {name: value for name, value in job.delivery.items() if value not in (None, False)}
    return replace(
        job, delivery=job.delivery | about | own, bit_depth=job.bit_depth or depth,
        masks=job.masks or masks,
    )  # fmt: skip
