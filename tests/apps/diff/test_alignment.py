"""Stages are paired by name where the order allows it, then by domain."""

from apps.diff.alignment import Stop, align
from isp.core.domain import Domain

D = Domain


def stops(text: str) -> list[Stop]:
    """`read:RAW a:MOSAIC` as stops."""
    return [Stop(name, D[domain]) for name, domain in (s.split(":") for s in text.split())]


def paired(first: str, second: str) -> list[str]:
    a, b = stops(first), stops(second)
    return [
        f"{a[i].name if i is not None else '-'}|{b[j].name if j is not None else '-'}"
        for i, j in align(a, b)
    ]


def test_equal_pipelines_are_paired_one_to_one() -> None:
    line = "read:RAW black:MOSAIC demosaic:CAMERA"

    assert paired(line, line) == ["read|read", "black|black", "demosaic|demosaic"]


def test_an_extra_stage_stands_alone_and_shifts_nothing() -> None:
    assert paired("read:RAW black:MOSAIC demosaic:CAMERA encode:SDR",
                  "read:RAW black:MOSAIC denoise:MOSAIC demosaic:CAMERA encode:SDR") == [
        "read|read", "black|black", "-|denoise", "demosaic|demosaic", "encode|encode"
    ]  # fmt: skip


def test_other_names_are_paired_by_the_last_of_each_domain() -> None:
    assert paired("read:RAW black:MOSAIC wb:MOSAIC demosaic:CAMERA matrix:LINEAR encode:SDR",
                  "read:RAW blc:MOSAIC dpc:MOSAIC awb:MOSAIC cfa:CAMERA gamma:SDR") == [
        "read|read", "black|-", "-|blc", "-|dpc", "wb|awb", "demosaic|cfa", "matrix|-",
        "encode|gamma",
    ]  # fmt: skip


def test_a_name_in_another_order_is_not_paired_across_another_pair() -> None:
    assert paired("a:LINEAR b:LINEAR c:LINEAR d:LINEAR", "b:LINEAR c:LINEAR a:LINEAR d:LINEAR") == [
        "a|-", "b|b", "c|c", "-|a", "d|d"
    ]  # fmt: skip


def test_nothing_in_common_leaves_everyone_alone_in_order() -> None:
    assert paired("a:RAW", "b:SDR c:SDR") == ["a|-", "-|b", "-|c"]
