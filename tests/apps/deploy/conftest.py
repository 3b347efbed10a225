"""One small export for all tests of bundles: a graph is traced once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jaxtyping
import pytest

from apps.deploy.export_request import ExportRequest
from apps.deploy.exporting import export

WHAT = ("black_level", "white_balance", "bilinear", "colour_matrix", "encode")


@dataclass(frozen=True)
class Exported:
    """A bundle's folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]


@pytest.fixture(scope="session")
def exported_bundle(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Five stages as one graph, for a Sony A7S2 at ISO 1600."""
    folder = tmp_path_factory.mktemp("export") / "bundle"
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)  # the exporter cannot trace through checks
    try:
        made = export(ExportRequest(what=WHAT, camera="SonyA7S2", iso=1600.0), folder)
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
    return Exported(folder, made)
