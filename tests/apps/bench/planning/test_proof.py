"""What was held out is predicted from what was not, and the error is that of the prediction."""

from pathlib import Path

import pytest

from apps.bench.planning.proof import held_out
from isp.core.errors import MissingError
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row

HALF, ONE, TWO = (500, 1000), (1000, 1000), (1000, 2000)
FUSED = {"variant": "fused"}


def test_a_size_that_was_held_out_is_predicted_by_the_same_run_at_others(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["encode"], 11.0, ONE), row(["encode"], 21.0, TWO))
    written(tmp_path / "held-1.json", row(["encode"], 5.0, HALF))

    (held,) = held_out(tmp_path)

    # 1 + 10 per megapixel: 6 ms at half a megapixel, where 5 were measured.
    assert held.predicted.p50_ms == pytest.approx(6)
    assert held.error == pytest.approx(0.2)
    assert held.predicted.beyond == pytest.approx(2)
    assert len(held.cover) == 1


def test_a_whole_is_predicted_by_its_stages_timed_apart(tmp_path: Path) -> None:
    rows = [row([name], ms * mp, (1000, 1000 * mp)) for mp in (1, 2)
            for name, ms in (("black_level", 2.0), ("malvar2004", 8.0))]  # fmt: skip
    written(tmp_path / "fit-1.json", *rows)
    written(tmp_path / "held-1.json", row(["black_level", "malvar2004"], 12.5))

    (held,) = held_out(tmp_path)

    assert held.error == pytest.approx(10 / 12.5 - 1)
    assert (held.what, len(held.cover)) == ("malvar2004", 2)


def test_a_fused_whole_has_the_stages_that_no_pass_knows_from_eager_rows(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["black_level"], 2.0), row(["demosaic", "encode"], 3.0,
            **FUSED), row(["demosaic"], 9.0), row(["encode"], 9.0))  # fmt: skip
    written(tmp_path / "held-1.json", row(["black_level", "demosaic", "encode"], 5.0, **FUSED))

    (held,) = held_out(tmp_path)

    assert held.predicted.p50_ms == pytest.approx(5)
    assert [part.how.variant for part in held.cover] == ["torch-eager", "fused"]


def test_eager_stages_do_not_stand_for_a_fused_whole(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["demosaic"], 9.0), row(["encode"], 9.0))
    written(tmp_path / "held-1.json", row(["demosaic", "encode"], 5.0, **FUSED))

    with pytest.raises(MissingError, match="to predict fused fp32"):
        held_out(tmp_path)


def test_repetitions_are_one_row_their_median_and_their_spread(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["encode"], 10.0))
    for number, (ms, held_bytes) in enumerate([(10.0, 40), (12.0, 50), (8.0, 90)]):
        written(tmp_path / f"held-{number}.json", row(["encode"], ms, peak_memory_bytes=held_bytes))

    (held,) = held_out(tmp_path)

    assert (held.measured_ms, held.spread, held.measured_bytes) == (10, 1.5, 50)
    assert held.memory_error == pytest.approx(50_000_000 / 50 - 1)


def test_a_whole_whose_stages_were_not_timed_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["encode"], 10.0))
    written(tmp_path / "held-1.json", row(["demosaic", "encode"], 10.0))

    with pytest.raises(MissingError, match="no stage times to predict torch-eager fp32"):
        held_out(tmp_path)


def test_a_folder_without_results_is_refused_with_the_way_out(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["encode"], 10.0))

    with pytest.raises(MissingError, match=r"has no held-\*.json; make one with fullwell bench"):
        held_out(tmp_path)
