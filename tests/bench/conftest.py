"""How time is measured here: one thread, correctness first, peers in the same run.

FULLWELL_BENCH_ROUNDS (5) and FULLWELL_BENCH_THREADS (1) set rounds and threads.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import jaxtyping
import pytest

ROUNDS = int(os.environ.get("FULLWELL_BENCH_ROUNDS", "5"))
THREADS = int(os.environ.get("FULLWELL_BENCH_THREADS", "1"))
MEGAPIXELS = 12.0  # 4000 x 3000
SMALL = 2.0  # megapixels
TURNS = 15

Result = TypeVar("Result")
Measure = Callable[..., Any]


def pytest_configure(config: pytest.Config) -> None:
    # LibRaw's OpenMP reads its thread count when it is loaded, so before any test imports it.
    if config.getoption("benchmark_only", default=False):
        os.environ["OMP_NUM_THREADS"] = str(THREADS)
        # As the command does, for every row that uses torch.
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
        # The tests check every shape at every call; users' programs do not.
        jaxtyping.config.update("jaxtyping_disable", True)


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """Say what the figures depend on, and nothing that names the machine."""
    import cv2
    import numpy
    import rawpy
    import torch

    machine_info.pop("node", None)
    machine_info["load_average_at_start"] = os.getloadavg()[0]
    machine_info["threads"] = THREADS
    machine_info["cores_allowed"] = len(os.sched_getaffinity(0))
    machine_info["versions"] = {
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "OpenCV": cv2.__version__,
        "rawpy": rawpy.__version__,
        "LibRaw": ".".join(str(part) for part in rawpy.libraw_version),
    }


@pytest.fixture
def threads() -> Iterator[int]:
    """Run torch and OpenCV on as many threads as asked for, one by default."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(THREADS)
    yield THREADS
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def seconds(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


@pytest.fixture
def measure(benchmark: Any, threads: int) -> Measure:
    """Time a function: median of the rounds after one that warms up, MP/s in `extra_info`.

    group, name: rows of a group are compared. ours: whether it is fullwell's row, to which the
    others are set in proportion. against: another function of the group, to be timed in turns
    with this one; `extra_info` then has the median of the ratios too, which a slow phase of the
    machine moves less, because it meets both.
    """

    def run(
        function: Callable[[], Result],
        *,
        group: str,
        name: str,
        ours: bool,
        megapixels: float = MEGAPIXELS,
        against: Callable[[], object] | None = None,
    ) -> Result:
        cpu_seconds: list[float] = []

        def timed() -> Result:
            start = time.process_time()
            result = function()
            cpu_seconds.append(time.process_time() - start)
            return result

        benchmark.group = group
        benchmark.name = name
        # What takes milliseconds is measured more often: one disturbance is a large part of it.
        rounds = ROUNDS if megapixels > SMALL else 8 * ROUNDS
        result: Result = benchmark.pedantic(timed, rounds=rounds, iterations=1, warmup_rounds=1)
        benchmark.extra_info.update(
            megapixels=megapixels,
            ours=ours,
            mp_per_s=megapixels / benchmark.stats.stats.median,
            mp_per_cpu_s=megapixels / statistics.median(cpu_seconds[1:]),
        )
        if against is not None:
            turns = [(seconds(against), seconds(function)) for _ in range(TURNS)]
            benchmark.extra_info["turns"] = TURNS
            benchmark.extra_info["times_faster_in_turns"] = statistics.median(
                other / own for other, own in turns
            )
        return result

    return run
