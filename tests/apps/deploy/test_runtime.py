"""A bundle's run.py is one file that Python 3.8, numpy and onnxruntime are enough for."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from apps.deploy import runtime
from isp.files.dump import DumpFlags, write_dump
from tests.apps.deploy.small_bundle import a_raw, by_hand, write_bundle

SOURCE = Path(runtime.__file__).read_text(encoding="utf-8")


def test_python_3_8_parses_it() -> None:
    ast.parse(SOURCE, feature_version=(3, 8))


def test_it_imports_only_the_standard_library_numpy_and_onnxruntime() -> None:
    tree = ast.parse(SOURCE)
    names = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names}

    assert roots - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


def in_bundle(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a bundle's own run.py from elsewhere, with nothing of the project on the path."""
    return subprocess.run(
        [sys.executable, "-I", str(folder / "run.py"), *words],
        cwd=folder.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("run") / "bundle")


def test_a_bundle_develops_a_dump_to_a_png_by_itself(folder: Path, tmp_path: Path) -> None:
    import imagecodecs

    flags = DumpFlags(bits=12, cfa="RGGB", black_level=(64.0,), white_level=4095, wb=(1.5, 1, 1.2))
    write_dump(tmp_path / "night.raw", a_raw(), flags)

    done = in_bundle(folder, str(tmp_path / "night.raw"), "-o", str(tmp_path / "o.png"), "--masks")

    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'o.png'}: 46 x 37 SDR\n")
    assert done.stderr == "note: white_balance.gains 1.5, 1, 1.2, from the sidecar\n"
    codes = imagecodecs.png_decode((tmp_path / "o.png").read_bytes())
    by_eye = np.clip(by_hand(a_raw(), [1.5, 1.0, 1.2]), 0, 1) * 255
    np.testing.assert_allclose(np.moveaxis(codes, -1, 0), by_eye, rtol=0, atol=0.501)
    bits = imagecodecs.png_decode((tmp_path / "o.masks.png").read_bytes())
    assert bits.shape == (37, 46)
    assert (bits[5, 9], bits[3, 5], bits[30, 40]) == (2, 0, 1)  # clipped, defect, measured


def test_values_said_and_tiles_change_what_they_should(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", a_raw())
    said = ("--set", "white_balance.gains=1,2,3", "--tile", "16", "--threads", "1")

    done = in_bundle(folder, str(tmp_path / "a.npy"), "-o", str(tmp_path / "o.npy"), *said)

    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "o.npy")[0]
    np.testing.assert_allclose(found, by_hand(a_raw(), [1.0, 2.0, 3.0]), rtol=0, atol=3e-6)


def test_check_says_what_the_bundle_holds(folder: Path) -> None:
    done = in_bundle(folder, "check")

    assert done.returncode == 0, done.stderr
    assert "small: RAW to SDR, fp32, any size" in done.stdout
    assert "4 files, every size and SHA-256 right; provider CPUExecutionProvider" in done.stdout
    assert "--set white_balance.gains: [3], default [2.0, 1.0, 1.5]" in done.stdout


def test_a_bundles_texts_do_not_command_the_terminal(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", name="small\x1b[2J", made_by={"fullwell": "0\r1"})

    done = in_bundle(folder, "check")

    assert done.returncode == 0, done.stderr
    assert "small\\x1b[2J: RAW to SDR" in done.stdout
    assert "fullwell 0\\r1" in done.stdout


def test_tiny_tiles_are_noted(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", a_raw())
    words = (str(tmp_path / "a.npy"), "-o", str(tmp_path / "o.npy"), "--tile", "2")

    done = in_bundle(folder, *words)

    assert done.returncode == 0
    assert done.stderr.startswith("note: 00-mosaic.onnx needs a margin of 1 pixels: tiles of 2 ")


def test_a_tampered_bundle_exits_3_with_one_sentence(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    with (folder / "01-sdr.onnx").open("r+b") as file:
        file.write(b"\x08\x08")

    for words in (["check"], ["bench", "--quick"], ["a.npy", "-o", "o.png"]):
        done = in_bundle(folder, *words)
        assert done.returncode == 3
        said = "01-sdr.onnx: its SHA-256 is not the manifest's; it was changed"
        assert done.stderr == f"error: {said}\n"


def test_cuda_that_is_not_there_exits_3(folder: Path, tmp_path: Path) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("CUDA is there")
    np.save(tmp_path / "a.npy", a_raw())

    for words in (["check"], ["bench"], [str(tmp_path / "a.npy"), "-o", str(tmp_path / "o.png")]):
        done = in_bundle(folder, *words, "--provider", "cuda")
        assert done.returncode == 3
        assert "install onnxruntime-gpu" in done.stderr
    assert not (tmp_path / "o.png").exists()


def test_an_output_that_is_there_is_kept_without_force(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", a_raw())
    (tmp_path / "o.masks.png").write_bytes(b"mine")
    words = [str(tmp_path / "a.npy"), "-o", str(tmp_path / "o.png"), "--masks"]

    assert in_bundle(folder, *words).returncode == 3
    assert (tmp_path / "o.masks.png").read_bytes() == b"mine"
    assert not (tmp_path / "o.png").exists()

    assert in_bundle(folder, *words, "--force").returncode == 0
    assert (tmp_path / "o.masks.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    "words",
    [[], ["a.npy"], ["a.npy", "-o", "o.jpg"], ["a.npy", "-o", "o.png", "--set", "x"],
     ["a.npy", "-o", "o.png", "--provider", "openvino"], ["check", "--threads", "0"]],
)  # fmt: skip
def test_a_wrong_question_exits_2(folder: Path, words: list[str]) -> None:
    assert in_bundle(folder, *words).returncode == 2


def test_this_file_outside_a_bundle_says_that_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(SOURCE, encoding="utf-8")

    done = in_bundle(tmp_path, "check")

    assert done.returncode == 3
    assert done.stderr.startswith("error: manifest.json: it cannot be opened")
