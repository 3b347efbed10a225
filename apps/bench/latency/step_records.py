"""Which stages a timed row is made of, as plain values that tell a faster one from a better one."""

import json
from typing import Any

from apps.recipes import STAGES
from isp.core.pipeline import Pipeline
from isp.core.stage import Stage

NAMES = {cls: name for name, cls in STAGES.items()}


def step_records(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Name in the pipeline, stage and settings of each step.

    >>> from isp.stages.tone.none import NoTone
    >>> step_records(Pipeline(("tone", NoTone())))
    [{'name': 'tone', 'stage': 'none', 'settings': {}}]
    """
    return [
        {"name": name, "stage": stage_name(stage), "settings": plain(stage.settings())}
        for name, stage in pipeline.stages
    ]


def stage_name(stage: Stage) -> str:
    """Its name in the table of stages; of a user's own, its class's."""
    return NAMES.get(type(stage), stage.name)


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are after a way through JSON; what it cannot hold is told by its text."""
    values: dict[str, Any] = json.loads(json.dumps(settings, default=str))
    return values
