"""Memory is counted by what lives at once, not by what was made in all."""

import torch

from apps.bench.tensor_memory import bytes_of, peak_bytes

MEGABYTE = torch.Size([250_000])  # of float32


def test_what_died_before_is_not_counted_again() -> None:
    def one_after_another() -> None:
        for _ in range(5):
            torch.zeros(MEGABYTE)

    assert peak_bytes(one_after_another) == 1_000_000


def test_what_lives_together_adds_up() -> None:
    assert peak_bytes(lambda: [torch.zeros(MEGABYTE) for _ in range(5)]) == 5_000_000


def test_views_and_what_was_given_cost_nothing() -> None:
    given = torch.zeros(MEGABYTE)

    assert peak_bytes(lambda: given[10:].reshape(2, -1).T, known=[given]) == 0
    assert peak_bytes(lambda: [(made := torch.ones(MEGABYTE)), made[1:]]) == 1_000_000


def test_a_storage_counts_once_and_a_value_expanded_is_one_value() -> None:
    made = torch.zeros(100)

    assert bytes_of([made, made[3:], torch.zeros(1).expand(50, 50)]) == 404
