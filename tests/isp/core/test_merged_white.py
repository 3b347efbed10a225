"""A merged mosaic saturates where its shortest frame does."""

import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.merged_white import saturation_of
from isp.core.shot import Shot
from isp.merge.bracket import merge
from isp.stages.highlights import Highlights
from isp.stages.rebuild_highlights import RebuildHighlights
from tests.isp.merge.samples import flat, taken


def test_one_exposure_saturates_at_one() -> None:
    frame = Frame.start(torch.zeros(2, 1, 2, 2), Domain.MOSAIC)

    assert saturation_of(frame).tolist() == [1, 1]


def test_a_merge_notes_where_its_shortest_frame_saturates() -> None:
    frames = taken(flat(1e6, 8), (-4, -2, 0))

    assert saturation_of(merge(frames, reference=2).frame).tolist() == [16]
    assert saturation_of(merge(frames, reference=1).frame).tolist() == [4]
    assert saturation_of(merge(frames, reference=0).frame).tolist() == [1]


def test_lost_light_of_a_merge_is_cut_there_and_what_was_measured_above_one_stays() -> None:
    data = torch.tensor([[6.0, 20.0], [20.0, 6.0]]).repeat(4, 4)[None, None]
    clipped = data > 16
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    frame = Frame.start(data, Domain.MOSAIC, shot=shot, clipped=clipped)
    merged = frame.advance("merge", {"saturation": [16.0]})

    cut = Highlights(Cfa.RGGB).develop(merged).data
    rebuilt = RebuildHighlights(Cfa.RGGB).develop(merged).data
    single = Highlights(Cfa.RGGB).develop(frame).data

    # The lowest gain is 1: clipped sites are cut to 16, and those that were measured stay at 6.
    assert cut[0, 0, :2, :2].tolist() == [[6.0, 16.0], [16.0, 6.0]]
    assert float(rebuilt[clipped].min()) >= 16
    assert float(single.max()) == 1  # of one exposure all of it is lost beyond 1
