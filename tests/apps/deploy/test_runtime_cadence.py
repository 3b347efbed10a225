"""Frames that arrive as from a camera: latency, drops and verdicts, exact by a clock of our own."""

import gc
from collections.abc import Callable, Iterator

import pytest

from apps.deploy.runtime import HostClock, UsageError, cadence, closed, run_record, warm_up

MS = 1_000_000


class FakeClock(HostClock):
    """Time that goes on only where it is told to."""

    def __init__(self) -> None:
        self.now = 123 * MS

    def now_ns(self) -> int:
        return self.now

    def wait_until_ns(self, moment_ns: int) -> None:
        self.now = max(self.now, moment_ns)


class Spent:
    """Work that takes the times it is given, in turn, and notes which frames it got."""

    def __init__(self, clock: FakeClock, take_ms: Callable[[int], float]) -> None:
        self.clock, self.take_ms = clock, take_ms
        self.numbers: list[int] = []

    def __call__(self, number: int) -> None:
        self.clock.now += round(self.take_ms(len(self.numbers)) * MS)
        self.numbers.append(number)


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    return FakeClock()


def test_work_that_is_quick_enough_waits_for_each_frame(clock: FakeClock) -> None:
    found = cadence(Spent(clock, lambda _: 4.0), 700, 100.0, clock=clock)

    assert found["frames_ms"] == [4.0] * 700
    assert (found["dropped"], found["deadline_misses"]) == (0, 0)
    assert (found["latency_verdict"], found["rate_verdict"]) == ("met", "kept")
    assert found["sustained_fps"] == 250.0
    assert clock.now == 123 * MS + 6994 * MS  # the last of 700 came at 6990 ms


def test_a_stall_counts_from_the_intended_arrival_of_every_frame_that_it_held_up(
    clock: FakeClock,
) -> None:
    # A frame each 10 ms, 4 ms of work; the second takes 24 ms, so two wait behind it.
    take = lambda i: 24.0 if i == 1 else 4.0  # noqa: E731  # the case in one line
    work = Spent(clock, take)

    found = cadence(work, 6, 100.0, in_flight=2, clock=clock)

    # Frame 1: 10 to 34. Frame 2, due at 20: 34 to 38. Frame 3, due at 30: 38 to 42. Frame 4,
    # due at 40: 42 to 46. Frame 5 finds nobody waiting.
    assert found["frames_ms"] == [4.0, 24.0, 18.0, 12.0, 6.0, 4.0]
    assert found["services_ms"] == [4.0, 24.0, 4.0, 4.0, 4.0, 4.0]
    assert found["dropped"] == 0
    assert found["deadline_misses"] == 3


def test_the_oldest_waiting_frame_is_dropped(clock: FakeClock) -> None:
    # The first takes 45 ms; frames 1 to 4 come meanwhile, and two may wait.
    take = lambda i: 45.0 if i == 0 else 1.0  # noqa: E731  # the case in one line
    work = Spent(clock, take)

    found = cadence(work, 6, 100.0, in_flight=2, clock=clock)

    assert work.numbers == [0, 3, 4, 5]
    assert found["dropped"] == 2
    assert found["frames_ms"] == [45.0, 16.0, 7.0, 1.0]
    assert found["deadline_misses"] == 2 + 2  # late: 45 and 16 ms; dropped: two
    assert found["rate_verdict"] == "not kept"


def test_one_frame_in_flight_drops_more(clock: FakeClock) -> None:
    work = Spent(clock, lambda i: 45.0 if i == 0 else 1.0)

    found = cadence(work, 6, 100.0, in_flight=1, clock=clock)

    assert work.numbers == [0, 4, 5]
    assert found["dropped"] == 3


def test_work_a_little_too_slow_is_found_before_the_queue_is_full(clock: FakeClock) -> None:
    found = cadence(Spent(clock, lambda _: 10.1), 64, 100.0, in_flight=2, clock=clock)

    assert found["dropped"] == 0
    assert found["rate_verdict"] == "not kept"


def test_latency_and_rate_are_two_verdicts(clock: FakeClock) -> None:
    late_but_kept = cadence(Spent(clock, lambda _: 9.0), 700, 100.0, deadline_ms=8.0, clock=clock)

    assert late_but_kept["latency_verdict"] == "missed"
    assert late_but_kept["rate_verdict"] == "kept"


def test_a_dropped_frame_is_endlessly_late(clock: FakeClock) -> None:
    # Frame 10 comes at 100 and ends at 350 ms: 25 came meanwhile, the last in that moment, and
    # two may wait. Those lost are over 1 % of 1000, whatever the others took.
    work = Spent(clock, lambda i: 250.0 if i == 10 else 1.0)

    found = cadence(work, 1000, 100.0, in_flight=2, clock=clock)

    assert found["dropped"] == 23
    assert [latency for latency in found["frames_ms"] if latency > 10.0] == [250.0, 11.0]
    assert found["latency_verdict"] == "missed"


def test_few_frames_show_no_latency(clock: FakeClock) -> None:
    found = cadence(Spent(clock, lambda _: 1.0), 661, 100.0, clock=clock)

    assert found["latency_verdict"] == "not shown"


@pytest.mark.parametrize(("n", "fps", "in_flight"), [(0, 30.0, 2), (9, 0.0, 2), (9, 30.0, 0)])
def test_a_cadence_of_nothing_is_refused(n: int, fps: float, in_flight: int) -> None:
    with pytest.raises(UsageError, match="positive rate"):
        cadence(lambda _: None, n, fps, in_flight)


def test_warm_up_ends_when_two_windows_agree(clock: FakeClock) -> None:
    # 100 ms, falling by a tenth of it every 20 frames to 60 ms: windows differ until it stays.
    work = Spent(clock, lambda i: max(100.0 - 10.0 * (i // 20), 60.0))

    found = warm_up(work, clock)

    assert found["frames"] == 120  # window 5 (frames 80 to 99) and 6 are both 60 ms
    assert found["stable"] is True
    assert found["median_ms"] == pytest.approx(60.0)


def test_warm_up_lasts_a_second_at_least(clock: FakeClock) -> None:
    found = warm_up(Spent(clock, lambda _: 1.0), clock)

    assert found["frames"] == 1000
    assert found["seconds"] == 1.0


def test_warm_up_gives_up_after_a_minute(clock: FakeClock) -> None:
    found = warm_up(Spent(clock, lambda i: 10.0 * 1.1 ** (i // 20)), clock)

    assert found["stable"] is False
    assert 60.0 <= found["seconds"] < 62.0


def test_a_closed_load_takes_the_time_of_the_work_alone(clock: FakeClock) -> None:
    work = Spent(clock, lambda i: 1.0 + i)

    assert closed(work, 4, clock) == [1.0, 2.0, 3.0, 4.0]
    assert work.numbers == [0, 1, 2, 3]


def test_the_collector_rests_in_a_closed_load_and_works_in_a_cadence(clock: FakeClock) -> None:
    seen: list[bool] = []

    def work(_: int) -> None:
        seen.append(gc.isenabled())

    closed(work, 1, clock)
    cadence(work, 1, 30.0, clock=clock)

    assert seen == [False, True]
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_the_collector_comes_back_after_an_error(clock: FakeClock) -> None:
    def work(_: int) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        closed(work, 1, clock)

    assert gc.isenabled()


def test_a_record_of_a_cadence_holds_its_rate_and_verdicts(clock: FakeClock) -> None:
    camera = cadence(Spent(clock, lambda _: 4.0), 64, 100.0, clock=clock)

    record = run_record(
        stage="whole", variant="onnx", provider="CPUExecutionProvider", precision="fp32",
        size=(500, 1000), load="cadence", threads=1, frames_ms=camera["frames_ms"], camera=camera,
    )  # fmt: skip

    assert (record["n"], record["fps"], record["megapixels_per_s"]) == (64, 250.0, 125.0)
    assert (record["fps_asked"], record["latency_verdict"]) == (100.0, "not shown")


def test_a_record_of_a_closed_load_has_no_word_of_a_cadence() -> None:
    record = run_record(
        stage="sdr", variant="onnx", provider="CPUExecutionProvider", precision="fp32",
        size=(500, 1000), load="closed", threads=1, frames_ms=[2.0, 4.0, 5.0],
    )  # fmt: skip

    assert (record["p50_ms"], record["fps"], record["megapixels_per_s"]) == (4.0, 250.0, 125.0)
    assert record["frames_ms"] == [2.0, 4.0, 5.0]
    assert "dropped" not in record
