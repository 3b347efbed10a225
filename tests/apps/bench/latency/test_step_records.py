"""A timed row says which stages it is made of."""

from pathlib import Path

from apps.bench.latency.step_records import plain, stage_name, step_records
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.stage import as_stage


def test_two_demosaics_under_one_name_are_told_apart() -> None:
    stages = {
        name: {s["name"]: s["stage"] for s in step_records(presets(name, Cfa.RGGB))}
        for name in ("srgb", "srgb_fast")
    }

    assert stages["srgb"]["demosaic"] == "gbtf_root"
    assert stages["srgb_fast"]["demosaic"] == "malvar2004"


def test_the_network_of_a_denoiser_is_among_its_settings() -> None:
    records = step_records(presets("lowlight", Cfa.RGGB))

    (denoiser,) = (s for s in records if s["stage"] == "exposure_diffusion")
    assert denoiser["settings"]["model"] == "fw-1m"


def test_a_stage_of_a_users_own_is_told_by_its_own_name() -> None:
    assert stage_name(as_stage(lambda a: a, Domain.MOSAIC, name="mine")) == "mine"


def test_settings_are_told_as_json_gives_them_back() -> None:
    assert plain({"noise": (0.5, 1.0), "file": Path("a.cube")}) == {
        "noise": [0.5, 1.0], "file": "a.cube",
    }  # fmt: skip
