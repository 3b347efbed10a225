"""A bundle as what is timed: by its own runner, or its graphs read by OpenVINO."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from apps.bench.latency import peak_memory
from apps.bench.latency.graphs import HINTS, OPENVINO, openvino_graph
from apps.bench.latency.quality import Pixels
from apps.bench.latency.raw_frames import simulated_frames
from apps.bench.latency.results import CLOSED, WHOLE
from apps.bench.latency.timing import Plan, Subject
from apps.deploy import runtime
from isp.core.domain import Domain
from isp.core.errors import CheckError, FileError, UsageError
from isp.files.profile import load_profile

MANIFEST = "manifest.json"
PROFILE = "profile.json"
Frames = Sequence[NDArray[Any]]


def is_bundle(target: str) -> bool:
    """Whether a target is a bundle: a folder with a manifest."""
    return (Path(target) / MANIFEST).is_file()


@contextlib.contextmanager
def told_as_ours(folder: Path) -> Iterator[None]:
    """Turn what a bundle's runner raises into errors of fullwell, exit codes kept."""
    try:
        yield
    except runtime.UsageError as error:
        raise UsageError(str(error)) from error
    except runtime.CheckError as error:
        raise CheckError(str(error)) from error
    except runtime.RunError as error:
        raise FileError(folder, str(error)) from error


def bundle_rows(
    folder: Path,
    size: tuple[int, int],
    iso: float | None,
    provider: str,
    threads: int,
    plan: Plan,
    ceiling: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Rows of the whole and of each graph by the bundle's own runner, as on its target.

    Raises FileError for a bundle or a provider that is not as it must be, CheckError for pictures
    that are not those of its graphs as they are written.
    """
    settings = runtime.Settings(provider=provider, threads=threads)
    with told_as_ours(folder):
        # Opened once before, so that neither frames nor libraries count as the bundle's memory.
        frames = list(_frames(folder, runtime.Bundle(folder, settings), size, iso))
        held = peak_memory.begin()
        rows, _ = runtime.bench_size(
            folder, settings, lambda bundle: frames, plan.frames, plan.quick, plan.cadence_fps,
            plan.in_flight, plan.deadline_ms,
        )  # fmt: skip
        moved = _moved(runtime.read_manifest(folder), folder, size)
    return [row | _of_machine(row, moved, ceiling, held) for row in rows]


def openvino_subject(
    folder: Path, size: tuple[int, int], iso: float | None, precision: str, threads: int
) -> Subject:
    """The whole bundle with every graph run by OpenVINO, held against ONNX Runtime unoptimised.

    Raises MissingError without OpenVINO, UsageError for a precision it has not, FileError.
    """
    if precision not in HINTS:
        raise UsageError(f"--precision is {' or '.join(HINTS)} with OpenVINO, not {precision}")
    with told_as_ours(folder):
        plain = runtime.Bundle(folder, runtime.Settings(threads=threads, optimised=False))
        bundle = runtime.Bundle(folder, runtime.Settings(threads=threads))
        frames = _frames(folder, bundle, size, iso)
        moved = _moved(bundle.manifest, folder, size)
    made_ms = 0.0
    for graph in bundle.graphs:
        taken = openvino_graph(folder / graph.file, precision, threads)
        made_ms += taken.made_ms
        graph.session = None  # ONNX Runtime's, which nothing uses any more
        graph.run = taken.run  # type: ignore[method-assign,assignment]  # the same contract

    def work(number: int) -> Pixels:
        with told_as_ours(folder):
            picture: Pixels = bundle.run(frames[number % len(frames)]).picture
        return picture

    @cache
    def reference(number: int) -> Pixels:
        with told_as_ours(folder):
            picture: Pixels = plain.run(frames[number % len(frames)]).picture
        return picture

    return Subject(
        stage=WHOLE, variant=OPENVINO, provider="OpenVINO CPU", precision=precision, size=size,
        threads=threads, work=work, picture=lambda picture: picture,
        domain=Domain[bundle.manifest["domain_out"]], reference=reference, bytes_moved=moved,
        session_ms=made_ms, model_sha256=bundle.sha256,
    )  # fmt: skip


def _frames(
    folder: Path, bundle: runtime.Bundle, size: tuple[int, int], iso: float | None
) -> Frames:
    """Photographs by the bundle's own camera; made-up pictures for a later domain than RAW."""
    if bundle.manifest["domain_in"] != Domain.RAW.name:
        return runtime.made_frames(bundle, size)
    profile = load_profile(folder / PROFILE)
    return [frame.data.numpy() for frame in simulated_frames(profile, size, iso)]


def _moved(manifest: Mapping[str, Any], folder: Path, size: tuple[int, int]) -> int:
    """Bytes of the first picture, the graphs with their weights, and the last picture."""
    first, last = manifest["graphs"][0], manifest["graphs"][-1]
    planes = sum(i["channels"] for i in first["inputs"] if i["kind"] == "picture")
    planes += last["outputs"][0]["channels"]
    files = sum((folder / graph["file"]).stat().st_size for graph in manifest["graphs"])
    return int(planes * size[0] * size[1] * 4 + files)


def _of_machine(
    row: Mapping[str, Any], moved: int, ceiling: Mapping[str, Any], held_bytes: int | None
) -> dict[str, Any]:
    """Memory moved and held by the whole's row: the runner counts this process's torch with it."""
    if row["stage"] != WHOLE:
        return {}
    found: dict[str, Any] = {"bytes_per_pixel": moved / (row["size"][0] * row["size"][1])}
    peak = row["peak_memory_bytes"]
    known = peak is not None and held_bytes is not None
    found["peak_memory_bytes"] = max(0, peak - held_bytes) if known else None
    if row["load"] == CLOSED:
        rate = moved / (row["p50_ms"] * 1e-3)
        found["roofline_percent"] = 100 * rate / ceiling["copy_bytes_per_s"]
    return found
