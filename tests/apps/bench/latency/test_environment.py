"""The block says machine, libraries and commit, and nobody's name or place."""

import json
import os
import platform
import re

import numpy as np
import torch

from apps.bench.latency.environment import measured_on


def test_it_says_what_a_time_depends_on_and_names_no_host_user_or_path() -> None:
    found = measured_on()

    assert (found["numpy"], found["torch"]) == (np.__version__, torch.__version__)
    assert found["torch_threads"] == torch.get_num_threads()
    commit = found["fullwell"]["commit"]
    assert commit is None or re.fullmatch("[0-9a-f]{40}", commit)
    text = json.dumps(found)
    assert platform.node() not in text
    assert os.getcwd() not in text  # noqa: PTH109  a text, as it would stand in the block
