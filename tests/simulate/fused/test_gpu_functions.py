"""The GPU's functions are the CPU's: the same numbers; what they give is in `interpreted.py`."""

from isp.core.kernels import functions, poisson_row
from simulate.fused import gpu_functions

NAMES = {
    functions: ["LN2", "LN2_HIGH", "LN2_LOW", "LOG2_E", "PER_WORD", "D1", "D2", "D3",
                *(f"L{i}" for i in range(8)), *(f"{n}{i}" for n in "EN" for i in range(5))],
    poisson_row: ["SIXTH", "S_LOW", "S_HIGH", "SWITCH", "SUM_BAND", "ROUNDING",
                  "ROUNDING_PER_ROOT", "LONGEST_SUM", "BAND_100", "BAND",
                  *(f"{n}{i}" for n in "AC" for i in range(9))],
}  # fmt: skip


def test_the_functions_have_the_cpu_s_coefficients_and_bands() -> None:
    for module, names in NAMES.items():
        for name in names:
            ours = getattr(gpu_functions, name)
            assert float(getattr(ours, "value", ours)) == float(getattr(module, name)), name
