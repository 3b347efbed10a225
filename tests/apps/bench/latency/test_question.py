"""A question that makes no sense is refused before any work."""

from typing import Any

import pytest

from apps.bench.latency.question import check_provider
from isp.core.errors import UsageError
from tests.apps.bench.latency.test_benching import asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "sgrb"}, '"sgrb" is no preset .srgb, '),
        ({"provider": "npu", "target": "a.onnx"}, "--provider is cpu, cuda, tensorrt, openvino"),
        ({"provider": "foo"}, "--provider is cpu, cuda, tensorrt, openvino, not foo"),
        ({"provider": "tensorrt"}, "for tensorrt export it first"),
        ({"variants": ("jit",)}, "--variant is eager, compile, fused, not jit"),
        ({"target": "a.onnx", "stage": "tone"}, "a graph has no stages"),
        ({"precision": "bf16"}, "timed in fp32"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_matter_of_usage(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_provider(asked(**change))
