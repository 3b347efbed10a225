"""Training of a raw denoiser: batches by the simulator, one loop, weights with a card."""

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from apps.train.card_facts import even_light_facts
from apps.train.clean_light import CleanLight
from apps.train.eld_lines import ELD_LINES, HELD_OUT
from apps.train.raw_pairs import RawBatch, RawPairs, Recipe
from apps.train.training_cameras import TrainingCameras
from enhance.exposure_diffusion import Captured, Growth
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.progressive_loss import progressive_loss
from enhance.schedule import random_exposures
from enhance.training import Batches, Plan, train
from enhance.weights import load_weights, read_card, write_state, write_weights
from isp.core.errors import FileError, MissingError, UsageError
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from isp.files.profile import profile_from, profile_record

TRAINED_ON = tuple(name for name in ELD_LINES if name not in HELD_OUT)
COURSE, WEIGHTS, STATE = "course.json", "weights.safetensors", "weights.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is trained, on what, how.

    network: of `raw_nets`. cameras: of `ELD_LINES`, unless a profile stands in their place.
    refining: steps T after the first pass that are trained too; 0 is a single pass. loss,
    increment, poisson: see `progressive_loss` and `Growth`. seed: of weights, batches and
    increments. start: weights of the same network to go on from, by name or file.

    Raises UsageError for cameras that are not there, or refining of images of unlike ratios.
    """

    network: str
    plan: Plan
    recipe: Recipe
    cameras: tuple[str, ...] = TRAINED_ON
    profile: SensorProfile | None = None
    refining: int = 0
    loss: str = "decibels"
    increment: str = "cumulative"
    poisson: bool = True
    seed: int = 0
    start: str | None = None

    def __post_init__(self) -> None:
        """Check the cameras, and that a schedule fits."""
        unknown = [name for name in self.cameras if name not in ELD_LINES]
        if unknown or not self.cameras:
            raise UsageError(
                f"cameras are among {', '.join(ELD_LINES)}, not {', '.join(unknown) or 'none'}"
            )
        if self.refining < 0:
            raise UsageError(f"refining steps are 0 or more, not {self.refining}")
        if self.refining and not self.recipe.shared_ratio:
            # A schedule of exposures is one for a batch.
            raise UsageError("refining steps are trained with one ratio for a batch: shared_ratio")

    def record(self) -> dict[str, Any]:
        """The course as plain values, for a card; `from_record` makes it again."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        said |= {"plan": asdict(self.plan), "recipe": asdict(self.recipe)}
        if self.profile is not None:
            said |= {"cameras": [], "profile": profile_record(self.profile)}
        plain: dict[str, Any] = json.loads(json.dumps(said))
        return plain

    @staticmethod
    def from_record(record: dict[str, Any]) -> "Course":
        """The course that a card tells."""
        record = {"start": None} | record  # older cards do not say it
        recipe = dict(record["recipe"])
        pairs = {k: tuple(recipe[k]) for k in ("ratios", "often") if recipe[k] is not None}
        profile = record["profile"]
        rest = {
            "plan": Plan(**record["plan"]),
            "recipe": Recipe(**(recipe | pairs)),
            "cameras": tuple(record["cameras"]) or TRAINED_ON,
            "profile": None if profile is None else profile_from(profile, Path("card")),
        }
        return Course(**(record | rest))

    def training_cameras(self) -> TrainingCameras:
        """Whose noise the batches have."""
        if self.profile is not None:
            return TrainingCameras(profile=self.profile)
        return TrainingCameras(lines=tuple(ELD_LINES[name] for name in self.cameras))


def train_denoiser(
    course: Course,
    light: Path,
    out: Path,
    *,
    device: str = "cpu",
    limit_s: float | None = None,
    accelerator: Any = None,
    tensorboard: bool = False,
    tell: Callable[[int, float], None] | None = None,
) -> RawNet | None:
    """Train a network of raw denoising; None when time ran out before the end.

    light: a pack of clean light. out: folder of checkpoint, log and, at the end,
    `weights.safetensors` with its card; without the package safetensors `weights.pt`, of which
    the same call makes the other where the package is there.
    accelerator: of the package accelerate; each of its processes has batches of its own, on the
    accelerator's device. The rest as `enhance.training.train`.

    Raises FileError, UsageError, also for a folder with a run of another course; MissingError for
    a device or a package that is not there.
    """
    place = checked_device(device) if accelerator is None else torch.device(accelerator.device)
    pack = CleanLight(light, place)
    main = accelerator is None or bool(accelerator.is_main_process)
    net: Any = new_net(course).to(place)
    if course.recipe.side % net.multiple:
        raise UsageError(
            f"{course.network} takes sides of multiples of {net.multiple} packed pixels, not "
            f"{course.recipe.side}"
        )
    if place.type == "cpu":
        net.to(memory_format=torch.channels_last)  # half the time there
    cameras = course.training_cameras()
    pairs = RawPairs(pack, cameras, course.recipe, course.seed)
    # After all that may refuse: a folder that holds a course refuses another.
    first = {} if course.start is None else {"start_sha256": read_card(course.start).sha256}
    _same_course(out, course.record() | {"light_sha256": pack.sha256} | first, writes=main)
    trained = train(
        net, batches_of(pairs, accelerator), loss_of(course), out, course.plan, limit_s=limit_s,
        accelerator=accelerator, tensorboard=tensorboard, tell=tell,
    )  # fmt: skip
    if not isinstance(trained, RawNet):
        return None
    if main:
        facts = {
            "network": course.network,
            "course": course.record(),
            **_first_course(course),
            "scenes": pack.names,
            "light_sha256": pack.sha256,
            "processes": 1 if accelerator is None else int(accelerator.num_processes),
            "trained_with": {"torch": torch.__version__, "python": platform.python_version()},
        }
        facts |= even_light_facts(
            trained.float(), cameras, course.recipe.ratios, course.recipe.noise, course.seed
        )
        _write(trained, out, facts)
    return trained


def checked_device(name: str) -> torch.device:
    """A device that is there.

    Raises UsageError for another name, MissingError for a GPU that this machine or this torch
    does not have.
    """
    if name not in ("cpu", "cuda"):
        raise UsageError(f'the device is cpu or cuda, not "{name}"')
    if name == "cuda" and not torch.cuda.is_available():
        raise MissingError("torch finds no CUDA device here; train with --device cpu")
    return torch.device(name)


def new_net(course: Course) -> RawNet:
    """The course's network with weights drawn by its seed, whatever was drawn before, or given.

    Raises MissingError or FileError for weights to start from, UsageError for another network's.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(course.seed)
        net = raw_net(course.network)
    if course.start is not None:
        of = read_card(course.start).network
        if of != course.network:
            raise UsageError(f"{course.start} has weights of {of}, not of {course.network}")
        load_weights(net, course.start).train()
    return net


def loss_of(course: Course) -> Callable[[nn.Module, RawBatch], Tensor]:
    """The loss of a batch, with exposures and increments drawn by its number."""
    growth = Growth(increment=course.increment, poisson=course.poisson)

    def loss(net: nn.Module, batch: RawBatch) -> Tensor:
        item = torch.tensor([batch.number])
        drawn = Draws(seed=course.seed, effect=Effect.NETWORK, sensor="exposures", item=item)
        at = random_exposures(float(batch.ratio.max()), course.refining, drawn)
        items = batch.number * len(batch.ratio) + torch.arange(len(batch.ratio))
        draws = Draws(seed=course.seed, effect=Effect.NETWORK, sensor="increments", item=items)
        raw: Any = net
        return progressive_loss(
            raw, batch.captured, batch.clean, at, draws, kind=course.loss, growth=growth
        )

    return loss


def batches_of(pairs: RawPairs, accelerator: Any = None) -> Batches:
    """The pairs' batches as the loop asks for them; each process has its own numbers."""
    count, mine = (
        (1, 0)
        if accelerator is None
        else (int(accelerator.num_processes), int(accelerator.process_index))
    )
    # Convolutions on a CPU like channels last.
    cpu = pairs.light.device.type == "cpu"
    layout = torch.channels_last if cpu else torch.contiguous_format

    def batches(start: int) -> Iterator[RawBatch]:
        step = start
        while True:
            batch = pairs.batch(step * count + mine)
            captured = Captured(
                electrons=batch.captured.electrons.contiguous(memory_format=layout),
                white_e=batch.captured.white_e,
                dark_variance_e2=batch.captured.dark_variance_e2,
            )
            yield RawBatch(
                captured=captured, clean=batch.clean, ratio=batch.ratio, number=batch.number
            )
            step += 1

    return batches


def _first_course(course: Course) -> dict[str, Any]:
    """What the weights that a course started from were, for a card."""
    if course.start is None:
        return {}
    card = read_card(course.start)
    kept = (
        "course", "start", "scenes", "light_sha256", "light_from", "licence", "trained_with",
    )  # fmt: skip
    told = {k: card.facts[k] for k in kept if k in card.facts}
    return {"start": {"sha256": card.sha256} | told}


def _same_course(out: Path, record: dict[str, Any], *, writes: bool) -> None:
    """Note the course of a folder, or refuse to go on with another one's run there."""
    path = out / COURSE
    if not path.exists():
        if writes:
            out.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            part.replace(path)
        return
    try:
        kept = _flat(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, AttributeError) as error:
        raise FileError(path, f"it is no course of a training ({error})") from error
    asked = _flat(record)
    unlike = [f"{k} {v}" for k, v in kept.items() if asked.get(k) != v]
    unlike += [f"no {k}" for k in asked if k not in kept]
    if unlike:
        raise UsageError(
            f"{out} holds a run with {', '.join(unlike[:5])}; go on with that, or train into "
            "another folder"
        )


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    own = {k: v for k, v in record.items() if k not in ("plan", "recipe")}
    return {**own, **record["plan"], **record["recipe"]}


def _write(trained: RawNet, out: Path, facts: dict[str, Any]) -> None:
    try:
        import safetensors  # noqa: F401 -- missing on a machine that has only torch and numpy
    except ImportError:
        write_state(trained, out / STATE, facts)
    else:
        write_weights(trained, out / WEIGHTS, facts)
