"""What a user asks to have timed, and whether it makes sense."""

from dataclasses import dataclass, field
from pathlib import Path

from apps.bench.latency.bundles import is_bundle
from apps.bench.latency.graphs import OPENVINO, need_provider
from apps.bench.latency.graphs import PROVIDERS as GRAPH_PROVIDERS
from apps.bench.latency.pipelines import VARIANTS, torch_device
from apps.bench.latency.results import WHOLE
from apps.bench.latency.timing import Plan
from apps.presets import NAMES
from isp.core.errors import UsageError

RECIPES = (".toml", ".json")
CAMERA = "GenericPhone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be timed, and how.

    target: a preset's name, a recipe, a bundle's folder or an ONNX graph. stage: one stage, or
        `whole`; None takes the whole and each stage. sizes: height and width; of a file with
        `input`, () takes all of it. variants: of torch; () takes those that can be had. threads:
        None leaves the libraries' own. ceiling_bytes: of the copied array, None for 8 times the
        cache.
    """

    target: str
    sizes: tuple[tuple[int, int], ...]
    stage: str | None = None
    input: Path | None = None
    camera: str = CAMERA
    iso: float | None = None
    provider: str = "cpu"
    variants: tuple[str, ...] = ()
    precision: str = "fp32"
    threads: int | None = None
    plan: Plan = field(default_factory=Plan)
    ceiling_bytes: int | None = None


def is_graph(target: str) -> bool:
    """Whether a target is an ONNX graph, by its name."""
    return target.endswith(".onnx")


def check_provider(asked: Asked) -> None:
    """Refuse a target, a variant or a provider before anything is simulated.

    Raises UsageError, MissingError.
    """
    if is_graph(asked.target) or is_bundle(asked.target):
        if asked.provider not in (*GRAPH_PROVIDERS, OPENVINO):
            listed = ", ".join((*GRAPH_PROVIDERS, OPENVINO))
            raise UsageError(f"--provider is {listed}, not {asked.provider}")
        if asked.variants:
            raise UsageError("--variant is of torch: a graph has none; leave it out")
        if is_graph(asked.target) and asked.stage not in (None, WHOLE):
            raise UsageError("a graph has no stages; leave --stage out")
        if is_bundle(asked.target) and asked.input is not None:
            raise UsageError("a bundle takes a file by its own runner: run.py bench --input FILE")
        if asked.provider != OPENVINO and asked.precision != "fp32":
            raise UsageError(
                f"--precision {asked.precision} is OpenVINO's; ONNX Runtime takes the graph's own"
            )
        need_provider(asked.provider)
        return
    if asked.target not in NAMES and not asked.target.endswith(RECIPES):
        raise UsageError(
            f'"{asked.target}" is no preset ({", ".join(NAMES)}), recipe (.toml, .json), bundle '
            "(a folder) or graph (.onnx)"
        )
    if asked.provider not in (*GRAPH_PROVIDERS, OPENVINO):
        listed = ", ".join((*GRAPH_PROVIDERS, OPENVINO))
        raise UsageError(f"--provider is {listed}, not {asked.provider}")
    unknown = [name for name in asked.variants if name not in VARIANTS]
    if unknown:
        raise UsageError(f"--variant is {', '.join(VARIANTS)}, not {unknown[0]}")
    if asked.precision != "fp32":
        raise UsageError("a preset or recipe is timed in fp32")
    torch_device(asked.provider)
