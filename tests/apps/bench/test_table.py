"""A benchmark run becomes a page of ratios, and nothing in it names the machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.table import clean, main, page, read_run
from isp.core.errors import FileError


def row(name: str, mp_per_s: float, *, ours: bool, group: str = "sensor") -> dict[str, Any]:
    median = 12 / mp_per_s
    return {
        "group": group,
        "name": name,
        "fullname": f"tests/bench/test_bench_sensor.py::{name}",
        "params": None,
        "options": {"timer": "perf_counter"},
        "extra_info": {
            "megapixels": 12.0,
            "ours": ours,
            "mp_per_s": mp_per_s,
            "mp_per_cpu_s": 2 * mp_per_s,
        },
        "stats": {"median": median, "min": median, "rounds": 3, "outliers": "0;0"},
    }


def a_run() -> dict[str, Any]:
    return {
        "machine_info": {
            "node": "secret-host",
            "release": "6.1-secret",
            "system": "Linux",
            "python_version": "3.11.7",
            "cpu": {"brand_raw": "Fast CPU", "count": 2, "flags": ["avx"]},
            "threads": 1,
            "cores_allowed": 2,
            "load_average_at_start": 1.234,
            "versions": {"torch": "2.13.0"},
        },
        "commit_info": {"id": "0123456789abcdef", "dirty": True, "project": "secret-folder"},
        "benchmarks": [
            row("fullwell", 6.0, ours=True),
            row("numpy", 15.0, ours=False),
            row("alone", 400.0, ours=True, group="stage"),
        ],
        "datetime": "2026-01-02T03:04:05+00:00",
        "version": "5.3.1",
    }


def test_a_clean_run_names_neither_host_nor_kernel_nor_folder() -> None:
    text = json.dumps(clean(a_run()))

    assert "secret" not in text
    assert "Fast CPU" in text
    assert '"mp_per_s": 15.0' in text


def test_cleaning_twice_changes_nothing_more() -> None:
    once = clean(a_run())

    assert clean(once) == once


def test_peers_are_set_in_proportion_to_ours() -> None:
    lines = page(clean(a_run()), "made by").splitlines()

    assert "| fullwell | 6.00 | 12.0 | 2000 | 1.00x | 1.00x |" in lines
    assert "| numpy | 15.0 | 30.0 | 800 | 2.50x | 2.50x |" in lines


def test_a_group_of_ours_alone_has_no_ratios() -> None:
    lines = page(clean(a_run()), "made by").splitlines()

    assert "| alone | 400 | 800 | 30 |" in lines


def test_the_page_says_on_what_and_under_which_load_it_was_measured() -> None:
    text = page(clean(a_run()), "python -m apps.bench.table RUN.json -o page.md")

    assert "python -m apps.bench.table RUN.json -o page.md" in text
    assert "processor: Fast CPU, 2 core(s) allowed" in text
    assert "load average at the start: 1.23" in text
    assert "Python 3.11.7, torch 2.13.0" in text
    assert "fullwell at 0123456789ab with changes, 2026-01-02" in text


def test_the_command_writes_page_and_clean_run_and_replaces_them_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target, kept = tmp_path / "run.json", tmp_path / "page.md", tmp_path / "kept.json"
    source.write_text(json.dumps(a_run()))
    arguments = [str(source), "-o", str(target), "--keep", str(kept)]

    assert main(arguments) == 0
    assert json.loads(kept.read_text()) == clean(a_run())
    assert target.read_text().startswith("# Performance")
    assert main(arguments) == 3
    assert "pass --force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "not a readable benchmark run"),
        ('{"benchmarks": [{"stats": {}}]}', "not a run of tests/bench"),
        ('{"benchmarks": []}', "it holds no benchmark"),
    ],
)
def test_a_file_that_is_no_run_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)

    with pytest.raises(FileError, match=f"run.json: {reason}"):
        read_run(path)


def test_what_was_timed_in_turns_is_said_below_its_table() -> None:
    run = a_run()
    run["benchmarks"][0]["extra_info"] |= {"turns": 15, "times_faster_in_turns": 6.063}
    group = [b for b in run["benchmarks"] if b["group"] == run["benchmarks"][0]["group"]]

    text = page(run, "make")

    assert (
        f"In turns, 15 rounds each: {group[0]['name']} is 6.06x as fast as {group[1]['name']} "
        "(median of the ratios)." in text
    )
