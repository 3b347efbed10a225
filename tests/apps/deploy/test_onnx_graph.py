"""An exported graph loads anywhere, says what it is, and nothing of the machine that made it."""

import re

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from apps.deploy.onnx_graph import refuse_draws
from isp.core.errors import StageError
from tests.apps.deploy.conftest import Exported


def model_of(bundle: Exported) -> onnx.ModelProto:
    return onnx.load(str(bundle.folder / bundle.manifest["graphs"][0]["file"]))


def test_it_is_of_the_versions_that_old_runtimes_load(exported_bundle: Exported) -> None:
    model = model_of(exported_bundle)

    onnx.checker.check_model(model)
    assert model.ir_version == 9
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 20)]


def test_no_path_and_no_source_of_the_build_is_in_it(exported_bundle: Exported) -> None:
    model = model_of(exported_bundle)

    content = model.SerializeToString()
    assert not re.search(rb"site-packages|\.py\b|/home/|/root/|File \"", content)
    for node in model.graph.node:
        assert not node.doc_string
        assert not node.metadata_props


def test_it_says_its_contract(exported_bundle: Exported) -> None:
    graph = exported_bundle.folder / exported_bundle.manifest["graphs"][0]["file"]
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])

    said = session.get_modelmeta().custom_metadata_map

    assert said["fullwell.stages"] == "black_level,white_balance,bilinear,colour_matrix,encode"
    assert (said["fullwell.domain_in"], said["fullwell.domain_out"]) == ("RAW", "SDR")
    assert (said["fullwell.cfa"], said["fullwell.opset"]) == ("RGGB", "20")
    assert len(said["fullwell.calibration_sha256"]) == 64
    assert {"fullwell.halo", "fullwell.licence", "fullwell.normalisation"} < said.keys()


def test_it_takes_no_value_of_the_shot_as_a_constant(exported_bundle: Exported) -> None:
    names = [given.name for given in model_of(exported_bundle).graph.input]

    assert names[0] == "data"
    assert {"white_balance.gains", "colour_matrix.camera_to_rgb"} < set(names)


def test_a_graph_that_draws_is_refused() -> None:
    node = helper.make_node("RandomNormalLike", ["x"], ["y"])
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "xy"]
    model = helper.make_model(helper.make_graph([node], "g", value[:1], value[1:]))

    with pytest.raises(StageError, match="RandomNormalLike"):
        refuse_draws(model)
