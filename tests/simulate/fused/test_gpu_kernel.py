"""The GPU's kernels compile for a GPU, with every operation in float64 rounded."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Compiling needs no GPU: it ends with the machine code, which nothing here runs.
COMPILE = """
import inspect, re, sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from simulate.fused import gpu_kernel as k
from simulate.fused.gpu import ROUNDED

if "constexprs" not in inspect.signature(ASTSource).parameters:
    sys.exit("older")  # the call below is that of Triton 3.3 and later

FLOATS = "cap well top".split()
POINTERS = {"numbers": "*fp64", "places": "*i64", "words": "*i32",
            **dict.fromkeys(["doubtful", "measured", "clipped"], "*i1")}
COUNTS = ["height", "width", "chunks", "period"]

def kind(name):
    if name in POINTERS:
        return POINTERS[name]
    if name in FLOATS:
        return "fp32"
    return "i32" if name in COUNTS or name.endswith("_step") else "*fp32"

def build(kernel, architecture, options=ROUNDED, **constants):
    signature = {n: "constexpr" if n in constants else kind(n) for n in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    built = compile(source, target=GPUTarget("cuda", architecture, 32),
                    options={"num_warps": constants["BLOCKS"] // 32} | options)
    text = built.asm["ptx"]
    assert built.asm["cubin"]
    assert not re.search(r"\\.approx|div\\.full", text), "approximate arithmetic"
    return bool(re.search(r"fma\\.rn\\.f64|mad\\.f64", text))

for architecture in (80, 90):
    for blocks, skip in ((256, 0), (64, 3)):
        shape = {"SKIP": skip, "BLOCKS": blocks}
        contracted = [
            build(k.draw_electrons, architecture, HAS_DARK=True, STREAM=1 << 24, **shape),
            build(k.draw_electrons, architecture, HAS_DARK=False, STREAM=1 << 24, dark_map=None,
                  height=1, chunks=1, **shape),
            build(k.read_electrons, architecture, NOISE_IS_GAINED=True, STREAM=5 << 24, **shape),
            build(k.read_electrons, architecture, NOISE_IS_GAINED=False, STREAM=5 << 24,
                  offset=None, column_gain=None, height=1, chunks=1, period=1, **shape),
        ]
        assert not any(contracted), "float64 contracted"
# Without the option it would be: the search above finds it.
assert build(k.draw_electrons, 90, {}, HAS_DARK=True, STREAM=1 << 24, **shape)
print("compiled")
"""


@pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
def test_the_kernels_compile_for_a_gpu_with_every_float64_operation_rounded(
    tmp_path: Path,
) -> None:
    environment = os.environ | {"TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)

    done = subprocess.run(
        [sys.executable, "-c", COMPILE], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    if done.stderr.endswith("older\n"):
        pytest.skip("this test calls the compiler as from Triton 3.3 on")
    assert done.returncode == 0, done.stderr
    assert "compiled" in done.stdout


def test_triton_is_needed_only_for_a_frame_on_a_gpu() -> None:
    code = (
        "import sys; sys.modules['triton'] = None; sys.modules['triton.language'] = None\n"
        "import simulate.sensor; assert 'simulate.fused.gpu_kernel' not in sys.modules\n"
        "import simulate.fused.gpu_kernel as k; assert callable(k.draw_electrons)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
