"""Weights go to half precision and back, and a card is of its weights or refused."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from enhance import weights
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.weights import (
    load_weights,
    read_card,
    shipped,
    weights_path,
    write_state,
    write_weights,
)
from isp.core.errors import FileError, MissingError

FACTS = {"network": "fw-5k", "noise_left": 0.03}


def net(seed: int = 3) -> RawNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return raw_net("fw-5k")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    write_weights(net(), path, FACTS)
    return path


def test_weights_come_back_as_half_precision_rounds_them(written: Path) -> None:
    back = load_weights(net(seed=4), written)

    for name, tensor in net().state_dict().items():
        found = back.state_dict()[name]
        assert found.dtype == torch.float32
        assert torch.equal(found, tensor.half().float()), name
    assert not back.training


def test_a_file_written_again_is_the_same_file(written: Path, tmp_path: Path) -> None:
    write_weights(load_weights(net(seed=4), written), tmp_path / "again.safetensors", FACTS)

    assert (tmp_path / "again.safetensors").read_bytes() == written.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "again.json", "again.safetensors", "mine.json", "mine.safetensors",
    ]  # fmt: skip


def test_the_card_says_what_was_given_and_how_many_weights_there_are(written: Path) -> None:
    card = read_card(written)

    assert (card.name, card.network) == ("mine", "fw-5k")
    assert card.facts["noise_left"] == 0.03
    assert card.facts["parameters"] == 4581
    assert card.facts["sha256"] == card.sha256
    assert card.facts["dtype"] == "float16"


def test_weights_that_are_not_those_of_the_card_are_refused(written: Path) -> None:
    content = bytearray(written.read_bytes())
    content[-1] ^= 1
    written.write_bytes(content)

    with pytest.raises(FileError, match=r"mine\.safetensors: it is not what mine\.json describes"):
        read_card(written)


def test_a_card_that_is_missing_cut_or_of_no_network_is_refused(written: Path) -> None:
    card = written.with_suffix(".json")
    whole = card.read_text()
    for content in (whole[:40], "[]", json.dumps({"sha256": "0"}), "null"):
        card.write_text(content)
        with pytest.raises(FileError, match=r"mine\.json: it is no card of mine\.safetensors"):
            read_card(written)
    card.unlink()
    with pytest.raises(FileError, match=r"mine\.json: it is no card"):
        read_card(written)


def test_weights_of_another_network_or_of_none_are_refused_by_name(
    written: Path, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match="does not fit PyramidNet"):
        load_weights(raw_net("fw-100k"), written)
    with pytest.raises(FileError, match="does not fit Linear"):
        load_weights(nn.Linear(2, 2), written)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no tensors")
    with pytest.raises(FileError, match=re.escape(str(broken))):
        load_weights(net(), broken)


def test_a_name_that_did_not_ship_is_refused_with_those_that_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingError, match='no weights are named "fw-9"'):
        weights_path("fw-9")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(MissingError, match="came along: none"):
        weights_path("fw-5k")
    write_weights(net(), tmp_path / "fw-5k.safetensors", FACTS)

    assert shipped() == ("fw-5k",)
    assert weights_path("fw-5k") == tmp_path / "fw-5k.safetensors"
    with pytest.raises(MissingError, match="came along: fw-5k"):
        weights_path("fw-9")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"gone\.safetensors: it is not there"):
        weights_path(tmp_path / "gone.safetensors")


def test_what_half_precision_cannot_hold_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    large = net()
    next(large.parameters()).data[0] = 7e4  # half precision ends at 65504

    for write, name in ((write_weights, "a.safetensors"), (write_state, "a.pt")):
        with pytest.raises(FileError, match="beyond half precision"):
            write(large, tmp_path / name, FACTS)
    assert [*tmp_path.iterdir()] == []


def test_a_state_holds_the_same_halves_with_a_card_of_its_own(tmp_path: Path) -> None:
    write_state(net(), tmp_path / "weights.pt", FACTS)

    kept = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert all(torch.equal(kept[n], t.half()) for n, t in net().state_dict().items())
    assert json.loads((tmp_path / "weights.json").read_text())["parameters"] == 4581


@pytest.mark.parametrize("name", shipped())
def test_what_ships_fits_its_card_and_its_network(name: str) -> None:
    card = read_card(name)

    assert load_weights(raw_net(card.network), name) is not None
