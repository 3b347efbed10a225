"""Weights that ship: half-precision safetensors, and a card that says where each comes from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from isp.core.errors import FileError, MissingError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is said of weights beside them: `name.json` of `name.safetensors`.

    network: its name among the networks. sha256: of the weights' file.
    facts: all that the card says, for people.
    """

    name: str
    network: str
    sha256: str
    facts: dict[str, Any]


def shipped() -> tuple[str, ...]:
    """Names of the weights that came with fullwell."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.safetensors")))


def weights_path(model: str | Path) -> Path:
    """The file of weights by name, or a file of one's own ending in .safetensors.

    Raises MissingError for a name that did not ship, FileError for a file that is not there.
    """
    path = Path(model)
    if path.suffix == ".safetensors":
        if not path.is_file():
            raise FileError(path, "it is not there")
        return path
    path = FOLDER / f"{model}.safetensors"
    if not path.is_file():
        known = ", ".join(shipped()) or "none"
        raise MissingError(f'no weights are named "{model}"; those that came along: {known}')
    return path


def read_card(model: str | Path) -> Card:
    """The card beside weights.

    Raises FileError for a card that is missing, or of other weights.
    """
    path = weights_path(model)
    beside = path.with_suffix(".json")
    try:
        facts = json.loads(beside.read_text(encoding="utf-8"))
        network, digest = str(facts["network"]), str(facts["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(beside, f"it is no card of {path.name} ({error})") from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise FileError(path, f"it is not what {beside.name} describes: its SHA-256 differs")
    return Card(name=path.stem, network=network, sha256=digest, facts=facts)


def load_weights(net: nn.Module, model: str | Path) -> nn.Module:
    """Fill a network with weights, in float32, ready to run.

    Raises MissingError, FileError; also for weights of another network.
    """
    # lazily: training code must import without
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = weights_path(model)
    try:
        state = load_file(path)
        net.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise FileError(path, f"it does not fit {type(net).__name__} ({error})") from error
    return net.eval()


def write_weights(net: nn.Module, path: Path, facts: dict[str, Any]) -> None:
    """Write a network's weights in half precision, and their card.

    facts: of the card; `network` at least. The hash and the number of parameters are added.

    Raises FileError for a weight that half precision cannot hold.
    """
    from safetensors.torch import save

    part = path.with_suffix(".part")
    part.write_bytes(save(_halves(net, path)))
    _with_card(net, part, path, facts)


def write_state(net: nn.Module, path: Path, facts: dict[str, Any]) -> None:
    """As `write_weights`, as torch's own file of a state: for a machine without safetensors.

    Nothing here runs on such a file.
    """
    part = path.with_suffix(".part")
    torch.save(_halves(net, path), part)
    _with_card(net, part, path, facts)


def _halves(net: nn.Module, path: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for name, tensor in net.state_dict().items():
        half = tensor.detach().cpu().to(torch.float16).contiguous()
        if not bool(torch.isfinite(half).all()):
            raise FileError(path, f"{name} is beyond half precision")
        state[name] = half
    return state


def _with_card(net: nn.Module, part: Path, path: Path, facts: dict[str, Any]) -> None:
    """Put the written file in its place, and its card beside it."""
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    count = sum(p.numel() for p in net.parameters())
    card = {**facts, "parameters": count, "dtype": "float16", "sha256": digest}
    part.replace(path)
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
