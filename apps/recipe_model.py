"""What a recipe file must look like, versions 1 and 2, with messages that name the place."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

LATER = ("output", "slot_settings", "camera")  # keys of a recipe since version 2
# Names become parts of file names in a dump: no path may be written with one.
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$"


class StepModel(BaseModel):
    """One stage: its name in the pipeline, which stage it is, how it is set.

    asked, used: notes of a resolved recipe; of them reading takes the words that settings answer,
        and the hash of a table.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=NAME, max_length=64)
    stage: str | None = Field(default=None, min_length=1)
    settings: dict[str, Any] = {}
    bits: int | None = Field(default=None, ge=1, le=16)
    headroom: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    asked: dict[str, Any] = {}
    used: dict[str, Any] = {}

    @model_validator(mode="after")
    def _headroom_has_bits(self) -> "StepModel":
        if self.bits is None and "headroom" in self.model_fields_set:
            raise ValueError("headroom says how far the codes of bits reach, but bits is missing")
        return self


class OutputModel(BaseModel):
    """How the output of a resolved recipe was written: see `apps.recipe_output`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: str = Field(pattern=r"^[a-z0-9]+$")
    space: str | None = None
    white_cd_m2: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    hdr: str | None = None
    quality: int | None = None
    full_range: bool = False
    compression: str | None = None
    bit_depth: int | None = None
    masks: bool = False
    fast: bool = False
    whole: bool = False


class RecipeModel(BaseModel):
    """A recipe. slots: the --stage options of the run it was resolved from; about: notes.

    Since version 2: output, how its output was written; slot_settings, those of the stages of
    `slots` by their names; camera, the --camera of that run.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    format_version: int
    steps: list[StepModel] = Field(min_length=1)
    slots: list[str] = []
    slot_settings: dict[str, dict[str, Any]] = {}
    camera: str | None = Field(default=None, min_length=1)
    about: dict[str, Any] = {}
    output: OutputModel | None = None

    @model_validator(mode="after")
    def _later_keys_have_version_2(self) -> "RecipeModel":
        late = [name for name in LATER if name in self.model_fields_set]
        if late and self.format_version < 2:
            raise ValueError(f"{late[0]} is said by recipes of format_version 2")
        return self


def recipe_of(values: Any) -> RecipeModel:
    """Check the values of a recipe file.

    Raises ValueError naming the first place that is wrong.

    >>> recipe_of({"format_version": 1, "steps": [{"name": "encode"}]}).steps[0].name
    'encode'
    """
    try:
        return RecipeModel.model_validate(values)
    except ValidationError as error:
        troubles = error.errors()
        place = ".".join(str(part) for part in troubles[0]["loc"])
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        said = f"{place}: {troubles[0]['msg']}" if place else troubles[0]["msg"]
        raise ValueError(f"{said}{more}") from error
