"""The GPU's kernel imports everywhere and takes its coefficients from the CPU's form.

What it computes is tested by Triton's interpreter and on a GPU: see `test_gpu.py`.
"""

import ast
import inspect
from itertools import pairwise

from isp.fused import colour_rows, gpu_kernel, malvar_rows


def value(constant: object) -> float:
    """Of a constexpr, or of the number that stands for it without Triton."""
    return float(getattr(constant, "value", constant))  # type: ignore[arg-type]


def test_the_curve_has_the_coefficients_of_the_cpu_s_form() -> None:
    for name in ("P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "SLOPE", "KNEE"):
        assert value(getattr(gpu_kernel, name)) == float(getattr(colour_rows, name)), name


def test_the_weights_are_those_of_the_cpu_s_form() -> None:
    source = inspect.getsource(gpu_kernel).split("def demosaicked")[1].split("def render")[0]
    numbers = {n.value for n in ast.walk(ast.parse("def f" + source.split("@jit")[0]))
               if isinstance(n, ast.Constant) and isinstance(n.value, float)}  # fmt: skip

    names = ("G_OWN", "G_NEAR", "G_FAR", "C_OWN", "C_NEAR", "C_DIAGONAL", "C_ALONG", "C_ACROSS",
             "X_OWN", "X_DIAGONAL", "X_FAR")  # fmt: skip
    assert numbers == {abs(float(getattr(malvar_rows, name))) for name in names}


def test_the_columns_of_the_table_do_not_overlap() -> None:
    names = ("BLACK", "SCALE", "LEVEL", "MATRIX", "LAST", "TONE", "COLUMNS")
    places = [int(value(getattr(gpu_kernel, name))) for name in names]

    widths = [after - before for before, after in pairwise(places)]
    assert widths == [4, 4, 1, 9, 9, 8]
