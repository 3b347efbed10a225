"""The passes take no more room for a large picture than for a small one, its codes aside."""

import subprocess
import sys

import pytest

MEASURE = """
import resource, sys
import torch
from tests.isp.fused.frames import frame_of, fused_of, srgb, unmasked
from isp.core.cfa import Cfa

torch.set_num_threads(1)
stage = fused_of(srgb(Cfa.RGGB, demosaic=sys.argv[1]))
stage.develop_codes(unmasked(frame_of(Cfa.RGGB)), 8)  # compiled by that
dn = torch.full((1, 1, int(sys.argv[2]), 2000), 1000.0)
frame = unmasked(frame_of(Cfa.RGGB, (dn.shape[2], 2000), 1, dn=dn))
# What has been used until now; the inputs' making took more than the frame itself.
spare = torch.ones(64, 1000, 1000, dtype=torch.uint8)
del spare
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
def room(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024
before = room("VmRSS")
codes = stage.develop_codes(frame, 8)
print(room("VmHWM") - before - codes.numel())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("demosaic", ["malvar2004", "gbtf_root"])
def test_room_does_not_grow_with_the_picture(demosaic: str) -> None:
    """A float plane of the larger one has 64 MB; 6 MB are left for Python and a strip's rows."""
    took = []
    for height in (500, 8000):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, demosaic, str(height)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        took.append(int(done.stdout))

    assert took[1] < took[0] + 6e6
    assert max(took) < 12e6
