"""Fifty frames of 12 megapixels are measured in less than 2 GB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, resource, sys
from pathlib import Path
from apps.noise_calibration import calibrate_noise
found = calibrate_noise(Path(sys.argv[1])).found[0]
gain = found.figures["system_gain_dn_per_e"]
who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
peak = max(resource.getrusage(each).ru_maxrss for each in who)
print(json.dumps({"peak_bytes": 1024 * peak, "low": gain.low, "high": gain.high}))
"""
WRITE = """
import sys
from pathlib import Path
import apps.session_files as files
from apps.capture_session import Plan
from isp.files.profile import load_profile
files.with_darks = lambda plan: plan  # 9 pairs and two stacks of 16: 50 frames
plan = Plan(levels=9, stack=16, size=(2832, 4240), varies="time")
files.write_session(load_profile("SonyA7S2-PMN"), [1600.0], plan, Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_50_frames_of_12_megapixels_take_less_than_2_gb(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    root = Path(__file__).parents[2]
    for script in (WRITE, SCRIPT):
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder)], capture_output=True, text=True,
            check=True, cwd=root,
        )  # fmt: skip

    told = json.loads(done.stdout)
    assert told["peak_bytes"] < 2e9
    assert told["low"] < 1.53008 < told["high"]
