"""Stages are put together from what was timed: longest runs of one kind, fastest mixtures."""

from apps.bench.planning.covers import covers, hows_of, missing, named, parts_of
from apps.bench.planning.measured import How, Part, Steps

A, B, C = (("a", "{}"), ("b", "{}"), ("c", "{}"))
STEPS: Steps = (A, B, C)
EAGER = How("torch-eager", "torch cpu", "fp32")
FUSED = How("fused", "torch cpu", "fp32")
BF16 = How("openvino", "OpenVINO CPU", "bf16")
CUDA = How("torch-eager", "torch cuda", "fp32")


def part(how: How, *steps: tuple[str, str]) -> Part:
    return Part(steps, how)


def test_a_whole_that_was_timed_counts_more_than_its_stages() -> None:
    whole = part(EAGER, A, B, C)
    prices = {whole: 10.0} | {part(EAGER, s): 1.0 for s in STEPS}

    assert covers(STEPS, prices, prices.__getitem__) == [(whole,)]


def test_stages_timed_apart_are_put_together_in_their_order() -> None:
    prices = {part(EAGER, s): 1.0 for s in (C, A, B)}

    assert covers(STEPS, prices, prices.__getitem__) == [tuple(part(EAGER, s) for s in STEPS)]


def test_the_fastest_mixture_is_found_beside_each_kind_alone() -> None:
    prices = {part(EAGER, s): 4.0 for s in STEPS} | {
        part(FUSED, B, C): 3.0, part(FUSED, A): 5.0,
    }  # fmt: skip

    found = covers(STEPS, prices, prices.__getitem__)

    assert set(found) == {
        tuple(part(EAGER, s) for s in STEPS),
        (part(FUSED, A), part(FUSED, B, C)),
        (part(EAGER, A), part(FUSED, B, C)),
    }
    assert len(found) == 3


def test_coarser_numbers_are_a_mixture_of_their_own() -> None:
    prices = {part(EAGER, s): 4.0 for s in STEPS} | {part(BF16, B): 1.0, part(FUSED, C): 3.0}

    found = covers(STEPS, prices, prices.__getitem__)

    assert (part(EAGER, A), part(EAGER, B), part(FUSED, C)) in found
    assert (part(EAGER, A), part(BF16, B), part(FUSED, C)) in found


def test_a_frame_does_not_go_between_card_and_cpu_at_no_cost() -> None:
    prices = {part(EAGER, s): 4.0 for s in STEPS} | {part(CUDA, B): 0.1}

    assert covers(STEPS, prices, prices.__getitem__) == [tuple(part(EAGER, s) for s in STEPS)]


def test_what_cannot_be_put_together_is_not_and_says_what_is_missing() -> None:
    prices = {part(EAGER, A): 1.0, part(EAGER, B): 1.0}

    assert covers(STEPS, prices, prices.__getitem__) == []
    assert missing(STEPS, prices) == ["c"]


def test_a_way_is_told_by_what_differs() -> None:
    mixed = (part(EAGER, A), part(EAGER, B), part(FUSED, C))

    assert hows_of(mixed[:2]) == "torch-eager fp32"
    assert hows_of(mixed) == "a, b: torch-eager fp32; c: fused fp32"
    assert hows_of((part(EAGER, A), part(FUSED, B, C))) == "a: torch-eager fp32; b..c: fused fp32"
    assert parts_of(mixed[2:]) == [
        {"stages": ["c"], "variant": "fused", "provider": "torch cpu", "precision": "fp32"}
    ]


def test_a_network_is_told_by_its_name() -> None:
    assert named(("denoise", '{"model": "fw-5k"}')) == "denoise fw-5k"
