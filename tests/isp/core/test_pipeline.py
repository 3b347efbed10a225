"""A pipeline reads forwards, and is checked when it is built."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, PipelineError, StageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.stage import Stage


class Half(Stage):
    """Halves a mosaic."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def forward(self, data: Tensor) -> Tensor:
        return data / 2


class AddOne(Stage):
    """Adds 1 to a mosaic: with Half, order matters."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def forward(self, data: Tensor) -> Tensor:
        return data + 1


class Triple(Stage):
    """Enters CAMERA."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA

    def forward(self, data: Tensor) -> Tensor:
        return data.expand(-1, 3, -1, -1)


class Tint(Stage):
    """Stays in CAMERA."""

    domain_in = Domain.CAMERA
    domain_out = Domain.CAMERA

    def forward(self, data: Tensor) -> Tensor:
        return data * 3


class Backwards(Stage):
    """Goes back, which no pipeline allows."""

    domain_in = Domain.CAMERA
    domain_out = Domain.MOSAIC

    def forward(self, data: Tensor) -> Tensor:
        return data[:, :1]


def mosaic(value: float = 4.0) -> Frame:
    return Frame.start(torch.full((1, 1, 2, 2), value), Domain.MOSAIC)


def test_stages_run_in_the_order_they_are_written() -> None:
    assert float(Pipeline(Half(), AddOne()).develop(mosaic()).data[0, 0, 0, 0]) == 3.0
    assert float(Pipeline(AddOne(), Half()).develop(mosaic()).data[0, 0, 0, 0]) == 2.5


def test_a_tap_shows_every_frame_on_the_way() -> None:
    taps = list(Pipeline(Half(), AddOne(), Triple()).tap(mosaic()))

    assert [t.name for t in taps] == ["half", "add_one", "triple"]
    assert [float(t.frame.data.mean()) for t in taps] == [2.0, 3.0, 3.0]
    assert [t.frame.domain for t in taps] == [Domain.MOSAIC, Domain.MOSAIC, Domain.CAMERA]
    assert [len(t.frame.history) for t in taps] == [1, 2, 3]
    assert all(t.seconds >= 0 for t in taps)


def test_a_tap_does_no_more_work_than_was_asked_for() -> None:
    taps = Pipeline(Half(), NotAskedFor()).tap(mosaic())

    assert next(taps).name == "half"


class NotAskedFor(Stage):
    """Raises when it runs."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def forward(self, data: Tensor) -> Tensor:
        raise AssertionError("this stage was not asked for")


def test_neighbours_that_do_not_fit_are_refused_when_built() -> None:
    with pytest.raises(PipelineError, match="half gives MOSAIC, but tint after it takes CAMERA"):
        Pipeline(Half(), Tint())


def test_a_stage_that_goes_back_is_refused_when_built() -> None:
    with pytest.raises(PipelineError, match="goes back"):
        Pipeline(Triple(), Backwards())


def test_an_empty_pipeline_is_refused() -> None:
    with pytest.raises(PipelineError, match="at least one stage"):
        Pipeline()


def test_two_stages_of_one_name_are_refused_unless_renamed() -> None:
    with pytest.raises(PipelineError, match="half came twice"):
        Pipeline(Half(), Half())

    twice = Pipeline(Half(), ("again", Half()))
    assert twice.names == ("half", "again")
    assert float(twice.develop(mosaic()).data.mean()) == 1.0


def test_a_frame_of_another_domain_is_refused() -> None:
    with pytest.raises(DomainError, match="Half takes MOSAIC"):
        Pipeline(Half()).develop(Frame.start(torch.zeros(1, 1, 2, 2), Domain.RAW))


def test_replacing_keeps_the_name_and_leaves_the_first_pipeline_alone() -> None:
    first = Pipeline(Half(), Triple())

    second = first.replace("half", AddOne())

    assert second.names == ("half", "triple")
    assert float(second.develop(mosaic()).data.mean()) == 5.0
    assert float(first.develop(mosaic()).data.mean()) == 2.0


def test_stages_are_inserted_before_and_after_a_name() -> None:
    pipeline = Pipeline(Half(), Triple())

    assert pipeline.insert(AddOne(), before="half").names == ("add_one", "half", "triple")
    assert pipeline.insert(AddOne(), after="half").names == ("half", "add_one", "triple")
    assert pipeline.insert(("tint", Tint()), after="triple").names == ("half", "triple", "tint")
    assert pipeline.names == ("half", "triple")


def test_an_inserted_stage_must_fit_its_neighbours() -> None:
    with pytest.raises(PipelineError, match="tint"):
        Pipeline(Half(), Triple()).insert(Tint(), before="triple")


def test_one_place_to_insert_is_asked_for() -> None:
    pipeline = Pipeline(Half())

    with pytest.raises(PipelineError, match="not both"):
        pipeline.insert(AddOne())
    with pytest.raises(PipelineError, match="not both"):
        pipeline.insert(AddOne(), before="half", after="half")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    pipeline = Pipeline(Half(), Triple())

    for ask in (
        lambda: pipeline["demosaic"],
        lambda: pipeline.replace("demosaic", Triple()),
        lambda: pipeline.insert(AddOne(), after="demosaic"),
    ):
        with pytest.raises(PipelineError, match='"demosaic"; stages: half, triple'):
            ask()


def test_a_later_frame_starts_where_its_domain_is_taken() -> None:
    pipeline = Pipeline(Half(), Triple(), Tint())

    assert pipeline.starting_at(Domain.CAMERA).names == ("tint",)
    assert pipeline.starting_at(Domain.MOSAIC).names == pipeline.names
    with pytest.raises(DomainError, match="takes SDR"):
        pipeline.starting_at(Domain.SDR)


def test_a_frame_goes_on_behind_the_stage_that_gave_it() -> None:
    pipeline = Pipeline(Half(), Triple(), Tint())

    assert pipeline.starting_after("half").names == ("triple", "tint")
    with pytest.raises(PipelineError, match="at least one stage"):
        pipeline.starting_after("tint")
    with pytest.raises(PipelineError, match='"demosaic"; stages: half'):
        pipeline.starting_after("demosaic")


def test_a_pipeline_reads_as_its_stages() -> None:
    pipeline = Pipeline(Half(), Triple())

    assert repr(pipeline) == "Pipeline(half -> triple)"
    assert len(pipeline) == 2
    assert isinstance(pipeline["triple"], Triple)


class Broken(Stage):
    """Raises what a user's code may raise."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def forward(self, data: Tensor) -> Tensor:
        raise ZeroDivisionError("two\nlines")


def test_a_stage_that_raises_is_named_with_its_class_and_the_reason_in_one_line() -> None:
    pipeline = Pipeline(Half(), ("mine", Broken()))
    frame = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)

    with pytest.raises(StageError) as caught:
        pipeline.develop(frame)

    named = f'the stage "mine" ({Broken.__module__}.Broken) failed: ZeroDivisionError: two lines'
    assert str(caught.value) == named
    assert isinstance(caught.value.__cause__, ZeroDivisionError)  # with its traceback


def test_what_a_stage_refuses_on_purpose_goes_through() -> None:
    with pytest.raises(DomainError, match="Tint takes CAMERA"):
        Pipeline(Tint()).develop(Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC))


class Gives(Stage):
    """Gives what it was told to, whatever came."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(self, given: Any) -> None:
        super().__init__()
        self.given = given

    def forward(self, data: Tensor) -> Tensor:
        if isinstance(self.given, BaseException):
            raise self.given
        return self.given  # type: ignore[no-any-return]  # that is the point


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.ones((1, 1, 4, 6), np.float32), "gave numpy.ndarray, but a tensor of float32"),
        (torch.ones(1, 1, 4, 6, dtype=torch.float64), r"gave float64 of shape \(1, 1, 4, 6\)"),
        (torch.ones(4, 6), r"gave float32 of shape \(4, 6\)"),
        (torch.ones(1, 1, 2, 6), r"\(1, 1, 2, 6\), but .* \(1, channels, 4, 6\) is expected"),
        (torch.ones(2, 1, 4, 6), r"a picture of shape \(2, 1, 4, 6\)"),
        (SystemExit(0), "failed: SystemExit: 0"),
    ],
)
def test_what_no_frame_can_hold_is_refused_in_the_name_of_its_stage(
    unchecked: None, given: Any, said: str
) -> None:
    frame = Frame.start(torch.ones(1, 1, 4, 6), Domain.MOSAIC)

    with pytest.raises(StageError, match=f"Gives\\).*{said}"):
        Pipeline(Half(), Gives(given)).develop(frame)
