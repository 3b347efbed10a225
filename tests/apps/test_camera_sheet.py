"""Sheets put cameras and the values of a sweep side by side."""

import pytest

from apps.camera_sheet import camera_sheets, record, swept
from isp.core.errors import ProfileError, UsageError
from isp.files.profile import load_profile
from simulate.budget import noise_budget, sensor_figures


def test_each_camera_has_a_sheet_with_its_budget() -> None:
    one, two = camera_sheets(["NikonD850", "GenericPhone"], 400, exposure_time_s=0.1)

    assert (one.label, two.label) == ("NikonD850", "GenericPhone")
    assert two.figures == sensor_figures(load_profile("GenericPhone"), 400, 0.1)
    full = two.figures.saturation_capacity_e
    assert two.table.electrons.tolist() == [1, 10, 100, full]
    alone = noise_budget(load_profile("GenericPhone"), 400, [100], 0.1)
    assert two.table.temporal_e2[2] == pytest.approx(alone.temporal_e2[0])
    assert two.curve.electrons[-1] == pytest.approx(full)
    assert (two.curve.electrons[1:] > two.curve.electrons[:-1]).all()
    assert two.curve.snr[0] < 1


def test_electrons_become_lux_seconds_as_the_figures_have_it() -> None:
    (sheet,) = camera_sheets(["NikonD850"], 100)

    assert sheet.lux_s_per_e is not None
    assert sheet.figures.snr10_e is not None
    assert sheet.figures.snr10_e * sheet.lux_s_per_e == pytest.approx(sheet.figures.snr10_lux_s)


def test_a_sweep_is_a_sheet_for_each_value() -> None:
    sheets = camera_sheets(["GenericPhone"], 100, sweep=("prnu_percent", [0.0, 2.0]))
    several = camera_sheets(["GenericPhone", "NikonD850"], 100, sweep=("dsnu_e", [1.0]))

    assert [s.label for s in sheets] == ["prnu_percent 0", "prnu_percent 2"]
    assert "PRNU" not in sheets[0].table.spatial
    assert sheets[1].table.spatial["PRNU"][2] == pytest.approx(4)  # (2 % of 100 e-)^2
    assert [s.label for s in several] == ["GenericPhone, dsnu_e 1", "NikonD850, dsnu_e 1"]


def test_the_gain_follows_a_swept_full_well() -> None:
    profile = load_profile("GenericPhone")
    assert profile.full_well_e is not None

    double = swept(profile, "full_well_e", 2 * profile.full_well_e)

    for before, after in zip(profile.readings, double.readings, strict=True):
        assert after.system_gain_dn_per_e == pytest.approx(before.system_gain_dn_per_e / 2)
        assert after.read_noise_e == before.read_noise_e
    assert double.full_well_e == 2 * profile.full_well_e
    one, two = (sensor_figures(p, 50).saturation_capacity_e for p in (profile, double))
    assert two == pytest.approx(2 * one)


def test_a_swept_read_noise_takes_its_heavy_tails_with_it() -> None:
    profile = load_profile("SonyA7S2-PMN")

    half = swept(profile, "read_noise_e", profile.readings[0].read_noise_e / 2).readings[0]

    before = profile.readings[0].tukey_lambda_scale_e
    assert before is not None
    assert half.tukey_lambda_scale_e == pytest.approx(before / 2)
    none = swept(load_profile("GenericPhone"), "read_noise_e", 0.0)
    assert {r.read_noise_e for r in none.readings} == {0}


def test_what_cannot_be_swept_or_shown_is_refused() -> None:
    with pytest.raises(UsageError, match=r"not cfa; it takes .*full_well_e.*read_noise_e"):
        camera_sheets(["GenericPhone"], 100, sweep=("cfa", [1.0]))
    with pytest.raises(ProfileError, match="prnu_percent must be >= 0, got -1"):
        camera_sheets(["GenericPhone"], 100, sweep=("prnu_percent", [-1.0]))
    with pytest.raises(ProfileError, match="full_well_e must be positive"):
        camera_sheets(["GenericPhone"], 100, sweep=("full_well_e", [0.0]))
    with pytest.raises(ProfileError, match="is not known; sweep system_gain_dn_per_e"):
        swept(load_profile("GenericPhone").with_fields(full_well_e=None), "full_well_e", 5000)
    with pytest.raises(UsageError, match='no illuminant is named "moon"'):
        camera_sheets(["GenericPhone"], 100, illuminant="moon")
    with pytest.raises(ProfileError, match="ISO 25 is outside"):
        camera_sheets(["GenericPhone"], 25)


def test_the_record_holds_figures_levels_and_shares_that_add_up() -> None:
    (values,) = record(camera_sheets(["EMVA-CCD"], 100, exposure_time_s=0.0))

    assert values["camera"] == "EMVA-CCD"
    assert values["figures"]["absolute_sensitivity_e"] == pytest.approx(11.47, abs=0.02)
    totals = [sum(share[i] for share in values["share"].values()) for i in range(5)]
    assert totals == pytest.approx([1] * 5)
    assert values["temporal_variance_e2"]["shot"] == values["levels_e"]
    assert "pixel_pitch_um" in values["assumed"]
