"""What a decoder hands over crosses the pipe unchanged, and no sender can overrun us."""

import io
import json

import numpy as np
import pytest

from isp.core.errors import FileError
from isp.files.decoded import Decoded, receive, send

ARRAYS = {
    "dn": np.arange(12, dtype=np.uint16).reshape(3, 4)[:, ::-1],  # not contiguous
    "mask": np.array([[True, False]]),
    "empty": np.zeros((0, 3), dtype=np.float32),
}


def sent() -> bytes:
    stream = io.BytesIO()
    send(Decoded(facts={"width": 4, "black": [64.5]}, arrays=ARRAYS), stream)
    return stream.getvalue()


def test_facts_and_arrays_arrive_as_they_were_sent() -> None:
    stream = io.BytesIO(sent())
    came = receive(json.loads(stream.readline()), stream, 1000)

    assert came.facts == {"width": 4, "black": [64.5]}
    for name, array in ARRAYS.items():
        assert came.arrays[name].dtype == array.dtype
        assert np.array_equal(came.arrays[name], array)


def test_a_stream_that_ends_early_is_noticed() -> None:
    stream = io.BytesIO(sent()[:-3])

    with pytest.raises(EOFError):
        receive(json.loads(stream.readline()), stream, 1000)


@pytest.mark.parametrize(
    "layout", [["dn", "<u2", [2**40, 2**40]], ["dn", "|O", [2]]], ids=["too many", "objects"]
)
def test_an_announcement_out_of_bounds_is_refused_before_memory_is_taken(layout: list) -> None:
    with pytest.raises(FileError, match="more than the limits allow"):
        receive({"facts": {}, "arrays": [layout]}, io.BytesIO(), 10**6)
