"""fullwell train denoise: a run from the command line, stopped, gone on with, refused."""

import json
import sys
from pathlib import Path

import pytest
import torch

from apps.cli.train_denoise import _say
from apps.train import card_facts, denoiser_training
from enhance.denoiser import ExposureDiffusion
from enhance.weights import read_card
from isp.core.cfa import Cfa
from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.apps.train.small_light import small_pack

SMALL = ("--steps", 6, "--count", 2, "--side", 16)


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(card_facts, "LEVELS", (0.1,))
    return small_pack(tmp_path / "light")


def test_a_run_leaves_weights_that_the_denoiser_takes(
    fullwell: Command, light: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"

    answer = fullwell("train", "denoise", "--light", light, "-o", out, *SMALL, "--seed", 5)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{out / 'weights.safetensors'}: 6 steps, seed 5, ")
    assert "% of the noise variance left on even light" in answer.out
    card = read_card(out / "weights.safetensors")
    assert card.network == "fw-5k"
    assert 0 < card.facts["noise_left"]["mean"] < 2
    stage = ExposureDiffusion(Cfa.RGGB, model=str(out / "weights.safetensors"))
    assert sum(p.numel() for p in stage.net.parameters()) == 4581


def test_a_run_over_its_limit_ends_well_and_says_how_to_go_on(
    fullwell: Command, light: Path, tmp_path: Path
) -> None:
    asked = ("train", "denoise", "--light", light, "-o", tmp_path / "run", *SMALL)

    stopped = fullwell(*asked, "--limit", 1e-6)
    told = json.loads(fullwell(*asked, "--limit", 1e-6, "--json").out)
    done = json.loads(fullwell(*asked, "--json").out)

    assert (stopped.code, stopped.out) == (0, "")
    assert "step 1 of 6; the same command goes on from there" in stopped.err
    assert (told["finished"], told["step"]) == (False, 2)
    assert (done["finished"], done["step"], done["seed"]) == (True, 6, 0)
    assert done["weights"] == str(tmp_path / "run" / "weights.safetensors")
    straight = tmp_path / "straight"
    fullwell("train", "denoise", "--light", light, "-o", straight, *SMALL, "--quiet")
    both = [(f / "weights.safetensors").read_bytes() for f in (tmp_path / "run", straight)]
    assert both[0] == both[1]


def test_a_gpu_that_is_not_there_is_missing_and_nothing_is_trained(
    fullwell: Command, light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    answer = fullwell(
        "train", "denoise", "--light", light, "-o", tmp_path / "run", *SMALL, "--device", "cuda"
    )

    refused(answer, 3, "no CUDA device")
    assert not (tmp_path / "run").exists()


def test_several_gpus_without_accelerate_are_missing(
    fullwell: Command, light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)

    answer = fullwell("train", "denoise", "--light", light, "-o", tmp_path / "r", *SMALL, "--gpus")

    refused(answer, 3, "accelerate is not installed")


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [(("--network", "fw-9"), 2, "fw-9"), (("--ratios", "3"), 2, "LOW,HIGH"),
     (("--camera", "Kodak"), 2, "Kodak"), (("--profile", "Kodak"), 3, "no camera is named"),
     (("--limit", "soon"), 2, "positive number"), (("--device", "tpu"), 2, "cpu or cuda"),
     (("--side", 200), 2, "402 photosites")],
)  # fmt: skip
def test_what_makes_no_run_is_one_sentence(
    fullwell: Command, light: Path, tmp_path: Path, wrong: tuple[str, ...], code: int, said: str
) -> None:
    answer = fullwell("train", "denoise", "--light", light, "-o", tmp_path / "run", *SMALL, *wrong)

    refused(answer, code, said)


def test_a_folder_without_light_is_refused_with_the_way_to_make_it(
    fullwell: Command, tmp_path: Path
) -> None:
    answer = fullwell("train", "denoise", "--light", tmp_path, "-o", tmp_path / "run", *SMALL)

    refused(answer, 3, "fullwell train light")


def test_weights_of_torch_are_said_to_be_such(
    light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from apps.train.denoiser_training import train_denoiser
    from tests.apps.train.small_light import course

    with monkeypatch.context() as without:
        without.setitem(sys.modules, "safetensors", None)
        train_denoiser(course(2), light, tmp_path / "run")

    _say(tmp_path / "run", True, None, 0, quiet=False, as_json=False)

    told = capsys.readouterr()
    assert told.out.startswith(f"{tmp_path / 'run' / denoiser_training.STATE}: 2 steps")
    assert "writes weights.safetensors" in told.err
