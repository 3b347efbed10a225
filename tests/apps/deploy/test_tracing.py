"""A request becomes graphs with their names, plans and labels."""

import pytest

from apps.deploy.export_request import ExportRequest, frames_of
from apps.deploy.tracing import EXPORT_SIZE, asked_pipeline, trace
from isp.core.errors import UsageError

SONY = {"camera": "SonyA7S2", "iso": 1600.0}
TWO = ("black_level", "white_balance")


@pytest.mark.usefixtures("unchecked")
def test_staged_graphs_follow_each_other_and_have_their_stages_names() -> None:
    request = ExportRequest(what=TWO, staged=True, **SONY)  # type: ignore[arg-type]
    frames = frames_of(request)

    first, second = trace(request, frames, asked_pipeline(request, frames))

    assert (first.name, second.name) == TWO
    assert first.plan.frame.size == EXPORT_SIZE
    assert second.plan.frame is first.plan.after
    labels = {entry.key: entry.value for entry in second.model.metadata_props}
    assert (labels["fullwell.domain_in"], labels["fullwell.licence"]) == ("MOSAIC", "Apache-2.0")


@pytest.mark.usefixtures("unchecked")
def test_one_graph_has_the_bundle_s_name() -> None:
    request = ExportRequest(what=TWO, **SONY)  # type: ignore[arg-type]
    frames = frames_of(request)

    [graph] = trace(request, frames, asked_pipeline(request, frames))

    assert graph.name == "black_level-white_balance"
    assert graph.plan.module.names == TWO


def test_a_size_that_a_stage_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    request = ExportRequest(what=("white_balance",), static=(25, 30), **SONY)  # type: ignore[arg-type]
    frames = frames_of(request)
    pipeline = asked_pipeline(request, frames)
    monkeypatch.setattr(pipeline["white_balance"], "multiple", 2, raising=False)

    with pytest.raises(UsageError, match=r"multiples of 2, not \(25, 30\)"):
        trace(request, frames, pipeline)
