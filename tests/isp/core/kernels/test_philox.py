"""The compiled counters give the words of the torch form."""

import numpy as np
import pytest
import torch

from isp.core.kernels.philox import philox_row
from isp.core.rng import Draws, Effect, philox4x32


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)  # fmt: skip
def test_the_published_vectors_come_out(
    counter: tuple[int, ...], key: tuple[int, int], expected: str
) -> None:
    words = np.empty(4, np.uint32)

    philox_row(*counter, *key, 1, words)

    assert " ".join(f"{w:08x}" for w in words) == expected


def test_a_frame_on_the_cpu_has_the_words_of_the_torch_form() -> None:
    draws = Draws(
        seed=2**63 + 5, effect=Effect.READ, sensor="x", frame=torch.tensor([0, 2**32 - 1]),
        item=torch.tensor([3, 2**31]), origin=(65_530, 262_100),
    )  # fmt: skip

    words = draws.words(6, 44, block=7)

    columns = torch.arange(262_100 // 4, 262_144 // 4)
    reference = draws._strip(65_530, 6, columns, 7)
    assert torch.equal(words, reference)


def test_single_photosites_have_the_words_of_the_frame() -> None:
    draws = Draws(seed=9, effect=Effect.RTS_STATE, frame=torch.tensor([4, 5]), origin=(7, 13))
    whole = draws.words(20, 31)
    rows, columns = torch.tensor([0, 19, 5]), torch.tensor([30, 0, 6])

    assert torch.equal(draws.at(rows, columns), whole[:, 0, rows, columns])


def test_the_torch_form_is_the_compiled_one_s_equal_for_random_counters() -> None:
    generator = np.random.default_rng(3)
    counters = generator.integers(0, 2**32, (200, 4))
    key = (0x12345678, 0x9ABCDEF0)
    reference = torch.stack(
        philox4x32(tuple(torch.from_numpy(counters[:, i]) for i in range(4)), key)
    )

    found = np.empty((200, 4), np.uint32)
    for counter, words in zip(counters, found, strict=True):
        philox_row(*(int(c) for c in counter), *key, 1, words)

    np.testing.assert_array_equal(found.T, reference.numpy())
