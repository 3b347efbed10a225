"""What is the same for every file of a run of `fullwell develop`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isp.files.dump import DumpFlags

if TYPE_CHECKING:
    from isp.files.save import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for every file of a run.

    resume: inputs are frames of a dump, and the development goes on from them. save_recipe: write
    NAME.recipe.json, the recipe as it was used, beside NAME.png; a dump always has it.
    delivery: fields of `save.Delivery`. format: of pictures in a folder, see `outputs`.
    """

    choices: dict[str, Any] = field(default_factory=dict)
    camera: str | None = None
    flags: DumpFlags | None = None
    dump: Path | None = None
    bit_depth: int | None = None
    masks: bool = False
    delivery: dict[str, Any] = field(default_factory=dict)
    save_recipe: bool = False
    resume: bool = False
    force: bool = False
    format: str | None = None

    def asked(self) -> "Delivery":
        """How the picture is to be written."""
        from isp.files.save import Delivery

        return Delivery(bit_depth=self.bit_depth, masks=self.masks, **self.delivery)
