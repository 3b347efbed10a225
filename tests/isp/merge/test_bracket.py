"""A merged bracket: as good as its samples allow, unbiased, without ghosts, of known variance."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.sensor import Defect
from isp.core.shot import Shot
from isp.merge import agreement
from isp.merge.bracket import Merged, best_exposed, merge
from isp.merge.observation import observe
from isp.stages.black_level import BlackLevel
from simulate.sensor import Sensor
from tests.isp.merge.samples import (
    CAMERA,
    GAIN,
    LIMIT_E,
    READ_E,
    WHITE_E,
    electrons,
    expected,
    flat,
    least_variance,
    ramp,
    taken,
)


@pytest.mark.parametrize("evs", [(-4, -2, 0), (-6, -3, 0), (-1, 0, 1)])
@pytest.mark.parametrize("light_e", [1.0, 8.0, 120.0, 6500.0])
def test_its_snr_is_within_a_fifth_of_a_decibel_of_the_bound(
    light_e: float, evs: Sequence[float]
) -> None:
    merged = merge(taken(flat(light_e), evs), reference=len(evs) - 1 - (evs[-1] == 1),
                   deghost=False)  # fmt: skip

    light = electrons(merged)
    loss_db = 10 * math.log10(float(light.var()) / least_variance(light_e, evs))
    # A sample variance strays by sqrt(2 / n), here 0.02 dB.
    error_db = 5 * 10 / math.log(10) * math.sqrt(2 / light.numel())
    assert -error_db < loss_db < 0.2


@pytest.mark.parametrize("light_e", [20_000.0, 45_000.0])
def test_it_reaches_the_bound_where_the_longest_exposure_is_lost(light_e: float) -> None:
    evs = (-4, -2, 0)
    merged = merge(taken(flat(light_e), evs), reference=2, deghost=False)

    light = electrons(merged)
    loss_db = 10 * math.log10(float(light.var()) / least_variance(light_e, evs))
    assert abs(loss_db) < 0.2
    assert abs(float(light.mean()) - light_e) < 5 * float(light.std()) / 300


SWITCH = [-8, -5, -4, -3, -1, 0, 1, 3, 8]


@pytest.mark.parametrize("deviations", SWITCH)
def test_it_is_unbiased_where_the_longest_exposure_begins_to_clip(deviations: float) -> None:
    light_e = LIMIT_E + deviations * math.sqrt(LIMIT_E)

    merged = merge(taken(flat(light_e), (-2, 0)), reference=1, deghost=False)

    light = electrons(merged)
    assert bool(merged.frame.measured.all())
    assert abs(float(light.mean()) - light_e) < 5 * float(light.std()) / math.sqrt(light.numel())


def test_samples_chosen_by_their_own_value_would_be_biased_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        agreement, "believable", lambda bracket: [seen.measured for seen in bracket]
    )

    merged = merge(taken(flat(LIMIT_E), (-2, 0)), reference=1, deghost=False)

    light = electrons(merged)
    assert float(light.mean()) < LIMIT_E - 20 * float(light.std()) / math.sqrt(light.numel())


@pytest.mark.parametrize("light_e", [0.5, 5.0, 500.0, 14_000.0, 30_000.0])
def test_its_mean_is_the_light_and_its_variance_what_it_says(light_e: float) -> None:
    merged = merge(taken(flat(light_e), (-4, -2, 0), seed=8), reference=2)

    light = electrons(merged)
    error = float(light.std()) / math.sqrt(light.numel())
    assert abs(float(light.mean()) - light_e) < 5 * error
    said = float(merged.variance.double().mean()) * WHITE_E**2
    # Variances are said at light that is uncertain itself, most in the dark: 2 % there.
    spread = 5 * math.sqrt(2 / light.numel())
    assert said == pytest.approx(float(light.var()), rel=spread + (0.02 if light_e < 2 else 0.002))


def test_what_no_frame_measured_is_the_shortests_bound() -> None:
    light = flat(3e5, 40)
    light[:20] = 1000.0

    merged = merge(taken(light, (-4, -2, 0)), reference=2)

    frame = merged.frame
    assert bool(frame.measured[..., :20, :].all())
    assert not bool(frame.measured[..., 20:, :].any())
    assert torch.equal(frame.clipped, ~frame.measured)
    lost = electrons(merged)[20:]
    assert float(lost.min()) >= 16 * LIMIT_E * (1 - 1e-6)
    assert bool(torch.isfinite(merged.variance).all())


def test_what_the_floor_took_from_the_shortest_is_the_longests() -> None:
    mosaics = taken(flat(100.0, 16), (-4, 0))
    nothing = torch.zeros_like(mosaics[0].measured)
    floored = [replace(m, measured=nothing, clipped=~nothing) for m in mosaics]

    merged = merge(floored, reference=1)

    torch.testing.assert_close(merged.frame.data, mosaics[1].data)
    assert bool(merged.frame.clipped.all())


def test_a_defect_of_all_frames_stays_unmeasured_and_is_not_clipped() -> None:
    camera = CAMERA.with_fields(defects=(Defect(row=2, column=3),))

    frame = merge(taken(flat(100.0, 16), (-2, 0), profile=camera)).frame

    assert not bool(frame.measured[0, 0, 2, 3])
    assert int(frame.measured.sum()) == 16 * 16 - 1
    assert not bool(frame.clipped.any())


def test_what_a_model_invented_is_marked_only_where_it_was_used() -> None:
    short, long = taken(ramp(100.0, 1e5, 40), (-2, 0))
    long = replace(long, generated=torch.ones_like(long.measured))

    frame = merge([short, long], deghost=False).frame

    assert torch.equal(frame.generated[..., :20], torch.ones_like(frame.generated[..., :20]))
    assert not bool(frame.generated[..., -3:].any())


def test_colours_are_merged_each_with_its_own_and_the_scale_is_the_references() -> None:
    camera = CAMERA.with_fields(cfa=Cfa.RGGB, black_level_dn=(60.0, 64.0, 64.0, 70.0))
    light = flat(400.0, 200)
    light[1::2, 1::2] = 60_000.0  # blue is lost to the longest, and red and green are not
    frames = taken(light, (-4, -2, 0), profile=camera)

    merged = merge(frames, reference=1)

    assert merged.frame.domain is Domain.MOSAIC
    assert merged.frame.shot.exposure_time_s == frames[1].shot.exposure_time_s
    assert bool(merged.frame.measured.all())
    white = 60 + GAIN * 15_000  # the lowest black level's
    for site, (y, x), black in ((0, (0, 0), 60), (1, (0, 1), 64), (3, (1, 1), 70)):
        wanted = (60_000.0 if site == 3 else 400.0) / 4 * GAIN / (math.floor(white) - black)
        found = merged.frame.data[0, 0, y::2, x::2].double()
        error = 5 * float(found.std()) / math.sqrt(found.numel())
        assert abs(float(found.mean()) - wanted) < error, site


@pytest.mark.parametrize("jitter", [3.0, 30.0])
def test_lying_metadata_are_found_out_and_mended(jitter: float) -> None:
    light = ramp(5.0, 2e5)
    frames = taken(light, (-4, -2, 0), seed=3, jitter_percent=jitter)
    true = [dict(f.history)["bracket"]["exposure_factor"][0] for f in frames]
    wanted = [4.0 ** (i - 2) * factor / true[2] for i, factor in enumerate(true)]

    believed = merge(frames, reference=2)
    mended = merge(frames, reference=2, measure_exposures=True)

    assert believed.exposures.disagrees
    assert believed.exposures.used[0].tolist() == pytest.approx([1 / 16, 1 / 4, 1])
    for found, real in zip(mended.exposures.used[0].tolist(), wanted, strict=True):
        assert found == pytest.approx(real, rel=2e-3)
    # The scale is the reference's own exposure, which nobody can know better.
    dimmed = (light.double() * true[2])[0]
    assert columns_off(mended, dimmed) < 6  # five errors, and the error of the ratio itself
    assert columns_off(believed, dimmed) > 20


def columns_off(merged: Merged, light_e: torch.Tensor) -> float:
    """Largest error of the mean of a column of 300, in its standard errors."""
    error = (merged.variance[0, 0].double().mean(dim=0) / 300).sqrt() * WHITE_E
    return float(((electrons(merged).mean(dim=0) - light_e) / error).abs().max())


def moving(position: int, side: int = 300) -> torch.Tensor:
    """A grey wall, and a bright square on it that is somewhere else in each frame."""
    light = flat(600.0, side)
    light[60:110, position : position + 50] = 1500.0
    return light


def walk(evs: Sequence[float], seed: int = 2) -> list[Frame]:
    frames = []
    for k, ev in enumerate(evs):
        shot = Shot.single(exposure_time_s=0.01 * 2**ev, iso=100.0, frame_number=torch.tensor([k]))
        source = expected(moving(40 + 70 * k) * 2**ev, CAMERA, shot)
        frames.append(BlackLevel(CAMERA.cfa).develop(Sensor(CAMERA).capture(source, seed)))
    return frames


def test_what_moves_is_as_the_reference_saw_it() -> None:
    evs, reference = (-2, 0, 2), 1
    frames = walk(evs)

    ghosted = merge(frames, reference=reference, deghost=False)
    merged = merge(frames, reference=reference)

    truth = moving(40 + 70 * reference).double()
    places = torch.zeros_like(truth, dtype=torch.bool)
    for k in range(3):
        places[60:110, 40 + 70 * k : 90 + 70 * k] = True
    sigma = (truth + READ_E**2 + 16 / 12).sqrt()  # of the reference alone

    def error(result: Merged) -> float:
        return float(((electrons(result) - truth)[places] / sigma[places]).square().mean().sqrt())

    assert error(ghosted) > 10
    assert error(merged) < 1.0  # nowhere worse than the reference, and better between the places
    still = ~torch.nn.functional.max_pool2d(places[None].float(), 11, 1, 5)[0].bool()
    residual = (electrons(merged) - truth)[still] / (
        merged.variance[0, 0].double().sqrt() * WHITE_E
    )[still]
    assert float(residual.square().mean()) == pytest.approx(1, abs=0.02)
    assert all(share > 50 * 50 / 300**2 for share in (merged.rejected[0], merged.rejected[2]))


def test_a_still_scene_loses_no_more_than_the_share_that_is_stated() -> None:
    lost = []
    for seed in range(4):
        merged = merge(taken(ramp(30.0, 2e5), (-4, -2, 0), seed), reference=1)
        lost += [merged.rejected[0], merged.rejected[2]]

    share = sum(lost) / len(lost)
    # Rejections come in squares of 25.
    assert share < 1e-3 + 5 * math.sqrt(1e-3 * 25 / (len(lost) * 300**2))
    assert share > 1e-4


@pytest.mark.parametrize("side", [1, 2, 3, 7])
def test_frames_of_any_size_are_merged_and_left_as_they_were(side: int) -> None:
    frames = taken(flat(200.0, side), (-2, 0))
    before = [frame.data.clone() for frame in frames]

    merged = merge(frames, reference=0)

    assert merged.frame.size == (side, side)
    assert all(torch.equal(frame.data, old) for frame, old in zip(frames, before, strict=True))


def test_pictures_are_merged_in_light_by_their_response() -> None:
    response = Response.power(2.0)
    light = torch.linspace(0.001, 8.0, 400).expand(1, 3, 60, 400)
    frames = []
    for ev in (-3, 0, 2):
        code = torch.round(response.encode(light * 2.0**ev) * 255) / 255
        clipped = ((code <= 0) | (code >= 1)).any(dim=1, keepdim=True)
        shot = Shot.single(exposure_time_s=2.0**ev, iso=100)
        frames.append(Frame.start(response.decode(code), Domain.LINEAR, shot=shot, clipped=clipped))

    merged = merge(frames, response=response, reference=1)

    seen = merged.frame.measured[0, 0, 0]
    off = ((merged.frame.data - light) / merged.variance.sqrt())[0, 0, 0].abs()
    assert float(off[seen].max()) < math.sqrt(3)  # half a code is that many deviations of its cell
    assert float(seen.float().mean()) > 0.98
    assert not merged.exposures.disagrees


def test_the_reference_is_the_frame_with_most_to_say() -> None:
    one = torch.ones(1)
    light = ramp(0.5, 2e4)  # long enough to see the shadows, short enough for most of the lights

    frames = [observe(frame, one, None) for frame in taken(light, (-8, -1, 8))]

    assert best_exposed(frames) == 1


def test_a_frame_given_twice_is_refused_by_its_number() -> None:
    one, other = taken(flat(1000.0, 20), (-2, 0))

    with pytest.raises(FrameError, match="frames 2 and 3 are the same to the bit"):
        merge([one, other, other])


def test_frames_that_do_not_fit_are_refused() -> None:
    frames = taken(flat(100.0, 8), (-2, 0))
    small = taken(flat(100.0, 6), (0,))
    other = taken(
        flat(100.0, 8), (0,), profile=CAMERA.with_fields(cfa=Cfa.RGGB, black_level_dn=(64.0,) * 4)
    )

    with pytest.raises(UsageError, match="at least one frame"):
        merge([])
    with pytest.raises(FrameError, match="of one size and domain"):
        merge([*frames, *small])
    with pytest.raises(FrameError, match="several mosaics"):
        merge([*frames, *other])
    with pytest.raises(UsageError, match="one of frames 1 to 2, not 3"):
        merge(frames, reference=2)
    with pytest.raises(UsageError, match="2 frames need as many positive exposures"):
        merge(frames, exposures=[1.0])
