"""Every draw has an address: Philox and our layout of it, against the published words."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.core.errors import DrawError
from isp.core.rng import FIXED, Draws, Effect, philox4x32
from isp.core.shot import Shot
from tests.isp.core.slow_rng import slow_philox, slow_word
from tests.strategies import seeds

GOLDEN = Path(__file__).resolve().parents[2] / "golden"

PI = ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0))
ONES = ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2)
ZEROS = ((0,) * 4, (0, 0))
# Random123, tests/kat_vectors, commit 9545ff64.
PUBLISHED = [
    (10, ZEROS, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (10, ONES, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (10, PI, "d16cfe09 94fdcceb 5001e420 24126ea1"),
    (7, ZEROS, "5f6fb709 0d893f64 4f121f81 4f730a48"),
    (7, ONES, "5207ddc2 45165e59 4d8ee751 8c52f662"),
    (7, PI, "4dfccaba 190a87f0 c47362ba b6b5242a"),
]


@pytest.mark.parametrize(("rounds", "start", "expected"), PUBLISHED)
def test_philox_gives_the_published_words(
    rounds: int, start: tuple[tuple[int, ...], tuple[int, int]], expected: str, device: torch.device
) -> None:
    counter, key = start
    words = philox4x32(
        tuple(torch.tensor(c, device=device) for c in counter),
        key,
        rounds,  # type: ignore[arg-type]
    )

    assert " ".join(f"{int(w):08x}" for w in words) == expected
    assert " ".join(f"{w:08x}" for w in slow_philox(counter, key, rounds)) == expected


@settings(max_examples=60, deadline=None)
@given(
    number=seeds,
    sensor=st.text(max_size=12),
    effect=st.sampled_from(Effect),
    origin=st.tuples(st.integers(0, 2**16 - 3), st.integers(0, 2**18 - 6)),
    frame=st.integers(0, 2**32 - 1),
    item=st.integers(0, 2**32 - 1),
    block=st.integers(0, 2**24 - 1),
)
def test_the_layout_is_that_of_the_specification(
    number: int,
    sensor: str,
    effect: Effect,
    origin: tuple[int, int],
    frame: int,
    item: int,
    block: int,
) -> None:
    draws = Draws(
        seed=number, effect=effect, sensor=sensor, origin=origin,
        frame=torch.tensor([frame]), item=torch.tensor([item]),
    )  # fmt: skip
    expected = [
        [
            slow_word(number=number, sensor=sensor, effect=int(effect), x=origin[1] + j,
                      y=origin[0] + i, frame=frame, item=item, block=block)
            for j in range(6)
        ]
        for i in range(3)
    ]  # fmt: skip

    assert draws.words(3, 6, block=block)[0, 0].tolist() == expected


def test_the_golden_words_have_not_changed(device: torch.device) -> None:
    """They may not: a picture simulated with a seed must come out the same next year."""
    golden = json.loads((GOLDEN / "rng.json").read_text())

    for case in golden["cases"]:
        draws = Draws(
            seed=case["number"], effect=Effect[case["effect"]], sensor=case["sensor"],
            frame=torch.tensor([case["frame"]]), item=torch.tensor([case["item"]]),
            origin=(case["y"], case["x"]),
        )  # fmt: skip
        words = draws.words(2, 5, device, block=case["block"])[0, 0].tolist()
        assert [[f"{w:08x}" for w in row] for row in words] == case["words"], case


def test_the_golden_words_are_those_of_the_independent_program() -> None:
    golden = json.loads((GOLDEN / "rng.json").read_text())

    for case in golden["cases"]:
        words = [
            [
                slow_word(number=case["number"], sensor=case["sensor"],
                          effect=int(Effect[case["effect"]]), x=case["x"] + j, y=case["y"] + i,
                          frame=case["frame"], item=case["item"], block=case["block"])
                for j in range(5)
            ]
            for i in range(2)
        ]  # fmt: skip
        assert [[f"{w:08x}" for w in row] for row in words] == case["words"], case


def test_the_golden_file_is_the_one_in_the_index() -> None:
    entry = json.loads((GOLDEN / "index.json").read_text())["rng.json"]

    assert hashlib.sha256((GOLDEN / "rng.json").read_bytes()).hexdigest() == entry["sha256"]
    assert entry["origin"]


def test_stream_numbers_are_frozen() -> None:
    assert {e.name: int(e) for e in Effect} == {
        "SHOT": 1, "PRNU": 2, "DSNU": 3, "DARK_CURRENT": 4, "READ": 5, "ROW": 6, "COLUMN": 7,
        "BANDING": 8, "RTS_SITE": 9, "RTS_STATE": 10, "ADC_DITHER": 11, "AUGMENTATION": 12,
        "NETWORK": 13, "COLUMN_GAIN": 14, "COLUMN_OFFSET": 15, "ROW_OFFSET": 16, "HOT_PIXEL": 17,
        "DEAD_PIXEL": 18, "FULL_WELL": 19, "DARK_NONUNIFORMITY": 20, "PRNU_COLUMN": 21,
        "DSNU_COLUMN": 22, "EXPOSURE_JITTER": 23, "HAND_SHAKE": 24, "SCENE": 25,
        "NOISE_LEVEL": 26, "LADDER": 27,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("y", "x", "height", "width"),
    [(0, 0, 5, 7), (1, 1, 8, 8), (3, 2, 1, 1), (17, 31, 20, 33), (39, 66, 1, 1), (0, 3, 40, 2)],
)
def test_a_tile_draws_the_crop_of_the_whole(
    y: int, x: int, height: int, width: int, device: torch.device
) -> None:
    whole = Draws(seed=7, effect=Effect.SHOT, sensor="a").words(40, 67, device)
    tile = Draws(seed=7, effect=Effect.SHOT, sensor="a", origin=(y, x)).words(height, width, device)

    assert torch.equal(tile, whole[..., y : y + height, x : x + width])


def test_an_image_computed_in_strips_is_that_of_single_rows() -> None:
    # 70 000 columns are 17 500 blocks a row, so that a strip holds 3 rows of the 8.
    whole = Draws(seed=7, effect=Effect.READ).words(8, 70_000)

    for y in range(8):
        row = Draws(seed=7, effect=Effect.READ, origin=(y, 69_990)).words(1, 10)
        assert torch.equal(row, whole[..., y : y + 1, 69_990:])


def test_each_image_of_a_batch_draws_as_if_alone() -> None:
    frame, item = torch.tensor([4, 0, 9]), torch.tensor([2, 1, 2**32 - 1])
    batch = Draws(seed=1, effect=Effect.SHOT, frame=frame, item=item).words(6, 9)

    for b in range(3):
        alone = Draws(seed=1, effect=Effect.SHOT, frame=frame[b : b + 1], item=item[b : b + 1])
        assert torch.equal(batch[b : b + 1], alone.words(6, 9))


def test_temporal_draws_differ_between_frames_items_seeds_sensors_and_effects() -> None:
    def drawn(**change: object) -> torch.Tensor:
        shot = Shot(
            frame_number=torch.tensor([change.get("frame", 3)]),
            item=torch.tensor([change.get("item", 5)]),
            body=int(change.get("body", 0)),  # type: ignore[call-overload]
        )
        return Draws.temporal(
            change.get("seed", 1), change.get("effect", Effect.READ),  # type: ignore[arg-type]
            str(change.get("sensor", "a")), shot,
        ).words(8, 8)  # fmt: skip

    same = drawn()
    for change in ({"frame": 4}, {"item": 6}, {"seed": 2}, {"sensor": "b"}, {"effect": Effect.ROW}):
        # 64 words agree by chance at 64 / 2^32 each at most; one may not be reused.
        assert not bool((drawn(**change) == same).any()), change
    assert torch.equal(drawn(body=1), same)


def test_fixed_draws_belong_to_the_body_alone() -> None:
    pattern = Draws.fixed(2, Effect.PRNU, "a")

    assert pattern.frame.tolist() == [FIXED] == [2**32 - 1]
    assert pattern.item.tolist() == [0]
    assert torch.equal(pattern.words(8, 8), Draws.fixed(2, Effect.PRNU, "a").words(8, 8))
    for other in (
        Draws.fixed(3, Effect.PRNU, "a"),
        Draws.fixed(2, Effect.DSNU, "a"),
        Draws.fixed(2, Effect.PRNU, "b"),
    ):
        assert not bool((other.words(8, 8) == pattern.words(8, 8)).any())


def test_a_row_draw_is_the_word_of_column_65535() -> None:
    draws = Draws(seed=9, effect=Effect.ROW, sensor="cam", origin=(10, 37))

    rows = draws.per_row(3)

    assert rows.shape == (1, 1, 3, 1)
    assert rows.flatten().tolist() == [
        slow_word(number=9, sensor="cam", effect=6, x=0xFFFF, y=10 + i, frame=0, item=0)
        for i in range(3)
    ]


def test_a_row_draw_does_not_depend_on_the_columns_of_the_tile() -> None:
    whole = Draws(seed=9, effect=Effect.ROW).per_row(50)
    tile = Draws(seed=9, effect=Effect.ROW, origin=(13, 29)).per_row(20)

    assert torch.equal(tile, whole[..., 13:33, :])


def test_a_column_draw_is_the_word_of_row_65535() -> None:
    draws = Draws(seed=9, effect=Effect.COLUMN, sensor="cam", origin=(10, 37))

    columns = draws.per_column(5)

    assert columns.shape == (1, 1, 1, 5)
    assert columns.flatten().tolist() == [
        slow_word(number=9, sensor="cam", effect=7, x=37 + i, y=0xFFFF, frame=0, item=0)
        for i in range(5)
    ]


def test_a_column_draw_does_not_depend_on_the_rows_of_the_tile() -> None:
    whole = Draws(seed=9, effect=Effect.COLUMN).per_column(50)
    tile = Draws(seed=9, effect=Effect.COLUMN, origin=(29, 13)).per_column(20)

    assert torch.equal(tile, whole[..., 13:33])


def test_a_frame_draw_is_one_word_for_each_image_whatever_the_tile() -> None:
    frame, item = torch.tensor([4, 0]), torch.tensor([2, 1])

    for origin in ((0, 0), (31, 17)):
        draws = Draws(
            seed=9, effect=Effect.BANDING, sensor="cam", frame=frame, item=item, origin=origin
        )
        words = draws.per_frame()
        assert words.shape == (2, 1, 1, 1)
        assert words.flatten().tolist() == [
            slow_word(number=9, sensor="cam", effect=8, x=0xFFFF, y=0xFFFF, frame=f, item=i)
            for f, i in ((4, 2), (0, 1))
        ]


@pytest.mark.parametrize("block", [0, 1])
def test_the_draws_of_single_photosites_are_those_of_the_picture(
    block: int, device: torch.device
) -> None:
    """In any order, repeated or none at all, seen from any tile."""
    draws = Draws(
        seed=7, effect=Effect.RTS_STATE, sensor="a", frame=torch.tensor([3, 1]),
        item=torch.tensor([5, 2**32 - 1]), origin=(6, 13),
    )  # fmt: skip
    whole = draws.words(20, 30, device, block)[:, 0]
    rows = torch.tensor([0, 19, 7, 7, 7, 0, 19], device=device)
    columns = torch.tensor([0, 29, 3, 4, 3, 29, 0], device=device)

    assert torch.equal(draws.at(rows, columns, block), whole[:, rows, columns])
    none = torch.zeros(0, dtype=torch.int64, device=device)
    assert draws.at(none, none).shape == (2, 0)


@pytest.mark.parametrize(
    ("origin", "size"),
    [((0, 0), (65537, 1)), ((0, 0), (1, 262145)), ((65535, 0), (2, 1)), ((0, 262144), (1, 1)),
     ((-1, 0), (1, 1)), ((0, -4), (1, 1))],
)  # fmt: skip
def test_pixels_outside_the_counter_are_refused(
    origin: tuple[int, int], size: tuple[int, int]
) -> None:
    with pytest.raises(DrawError, match="65536"):
        Draws(seed=1, effect=Effect.SHOT, origin=origin).words(*size)


def test_the_last_pixel_of_the_counter_still_draws() -> None:
    last = Draws(seed=1, effect=Effect.SHOT, origin=(65535, 262143)).words(1, 1)

    assert int(last) == slow_word(number=1, sensor="", effect=1, x=262143, y=65535, frame=0, item=0)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_beyond_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(DrawError, match=r"0\.\.2\^64-1"):
        Draws(seed=seed, effect=Effect.SHOT).words(1, 1)


@pytest.mark.parametrize("number", [-1, 2**32])
@pytest.mark.parametrize("name", ["frame", "item"])
def test_a_frame_or_item_that_would_wrap_round_is_refused(name: str, number: int) -> None:
    """Item 2^32 would draw the noise of item 0 without a word."""
    with pytest.raises(DrawError, match=name):
        Draws(seed=1, effect=Effect.SHOT, **{name: torch.tensor([number])}).words(1, 1)


def test_frame_numbers_of_any_integer_type_draw_alike() -> None:
    narrow, wide = (
        Draws(seed=1, effect=Effect.SHOT, frame=torch.tensor([3, 4], dtype=dtype)).words(4, 5)
        for dtype in (torch.int32, torch.int64)
    )

    assert torch.equal(narrow, wide)


@pytest.mark.parametrize("block", [-1, 2**24])
def test_a_draw_block_that_would_run_into_the_next_stream_is_refused(block: int) -> None:
    with pytest.raises(DrawError, match="block"):
        Draws(seed=1, effect=Effect.SHOT).words(1, 1, block=block)
