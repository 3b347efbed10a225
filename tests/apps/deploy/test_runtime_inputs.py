"""Dumps and arrays are read as isp.files reads them, and what does not fit is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.deploy import runtime
from apps.deploy.runtime import NAMED_PATTERNS, RunError, read_input
from isp.core.cfa import _NAMES, Cfa
from isp.files.dump import DumpFlags, read_dump, read_sidecar, write_dump
from isp.files.limits import Limits
from isp.files.packing import PACKINGS
from tests.apps.deploy.small_bundle import RAW, a_raw

MANIFEST: dict[str, Any] = {"raw": RAW, "domain_in": "RAW"}
SOUND: dict[str, Any] = {
    "file": "f.raw", "width": 9, "height": 4, "bits": 12, "packing": "u16", "cfa": "RGGB",
    "black_level": 64, "white_level": 4095,
}  # fmt: skip


def dump(folder: Path, content: bytes, **said: Any) -> Path:
    path = folder / "f.raw"
    path.write_bytes(content)
    known = {key: value for key, value in (SOUND | said).items() if value is not None}
    (folder / "f.json").write_text(json.dumps(known), encoding="utf-8")
    return path


def some_bytes(count: int) -> bytes:
    return np.random.Generator(np.random.PCG64(count)).bytes(count)


@pytest.mark.parametrize(
    ("packing", "bits", "more"),
    [("u8", 8, {}), ("u8", 6, {"align": "msb"}), ("mipi10", 10, {}), ("mipi12", 12, {}),
     ("mipi14", 14, {}), ("u16", 16, {}), ("u16", 16, {"endian": "big"}),
     ("u16", 12, {"align": "msb"}), ("u16", 10, {"align": "msb", "endian": "big"})],
)  # fmt: skip
@pytest.mark.parametrize("around", [{}, {"stride": 31, "offset": 13, "frame": 1}])
def test_a_dump_is_read_as_the_project_reads_it(
    tmp_path: Path, packing: str, bits: int, more: dict[str, Any], around: dict[str, Any]
) -> None:
    stride = around.get("stride", PACKINGS[packing].row_bytes(9))
    content = some_bytes(around.get("offset", 0) + (2 if around else 1) * 4 * stride)
    levels = {"black_level": None, "white_level": None}
    path = dump(tmp_path, content, packing=packing, bits=bits, **levels, **more, **around)
    flags = DumpFlags(black_level=(1.0,)).over(read_sidecar(path)).complete()

    dn, values = read_input(path, MANIFEST)

    assert dn.dtype == np.uint16
    np.testing.assert_array_equal(dn, read_dump(path, flags, Limits()))
    assert dn.max() > 0
    assert values == {}


def test_a_dump_that_the_project_wrote_is_read(tmp_path: Path) -> None:
    flags = DumpFlags(
        bits=12, cfa="RGGB", black_level=(64.0,) * 4, white_level=4095, wb=(2.1, 1.0, 1.7)
    )
    write_dump(tmp_path / "night.raw", a_raw(), flags)

    dn, values = read_input(tmp_path / "night.raw", MANIFEST)

    np.testing.assert_array_equal(dn, a_raw())
    assert values == {"white_balance.gains": [2.1, 1.0, 1.7]}


def test_gaps_of_a_sidecar_are_filled_from_the_camera(tmp_path: Path) -> None:
    gaps = {"bits": None, "packing": None, "cfa": None, "black_level": None, "white_level": None}
    path = dump(tmp_path, a_raw()[:4, :9].astype("<u2").tobytes(), **gaps)

    np.testing.assert_array_equal(read_input(path, MANIFEST)[0], a_raw()[:4, :9])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"cfa": "BGGR"}, "its cfa is BGGR, but the bundle is for RG/GB"),
        ({"cfa": "QUAD_RGGB"}, "its cfa is QUAD_RGGB, but the bundle is for RG/GB"),
        ({"cfa": "XTRANS"}, "its cfa is XTRANS, but the bundle is for RG/GB"),
        ({"cfa": "x"}, "its cfa is x, but the bundle is for RG/GB"),
        ({"black_level": 65}, "its black_level is [65.0], but the bundle is for"),
        ({"white_level": 1023}, "its white_level is [1023.0], but the bundle is for [4095]"),
        ({"file": "g.raw"}, 'f.json speaks of "g.raw", not of this file'),
        ({"width": None}, "its sidecar must say width and height"),
        ({"width": 8}, "needs 64 bytes after 0, but the file has 72"),
        ({"height": 2}, "it holds 2 frames; say which"),
        ({"height": 2, "frame": 2}, "frame 2 is asked for, but it holds 2"),
        ({"stride": 17}, "stride 17 is shorter than a row (18 bytes)"),
        ({"packing": "mipi10"}, "12 bits do not fit the packing mipi10"),
        ({"packing": "raw"}, "packing is one of u8, u16"),
        ({"packing": "mipi12", "align": "msb"}, "mipi12 has its own order of bits"),
        ({"endian": "middle"}, "endian is little or big"),
        ({"width": "wide"}, '"width" of f.json cannot be "wide"'),
        ({"width": 0}, '"width" of f.json cannot be 0'),
        ({"width": 9.5}, '"width" of f.json cannot be 9.5'),
        ({"wb": [1, 2]}, '"wb" of f.json cannot be [1, 2]'),
        ({"width": 10**9, "height": 10**9}, "pixels are over"),
        ({"bits": 8}, "do not fit 8 bits"),
    ],
)
def test_a_dump_that_does_not_fit_is_refused_with_the_reason(
    tmp_path: Path, said: dict[str, Any], reason: str
) -> None:
    path = dump(tmp_path, np.full(36, 3000, "<u2").tobytes(), **said)

    with pytest.raises(RunError) as caught:
        read_input(path, MANIFEST)

    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


def test_a_dump_without_a_sidecar_or_for_another_domain_is_refused(tmp_path: Path) -> None:
    path = dump(tmp_path, some_bytes(72))
    with pytest.raises(RunError, match=r"a dump is RAW, but the bundle takes SDR \(.npy\)"):
        read_input(path, {"raw": None, "domain_in": "SDR"})

    (tmp_path / "f.json").unlink()
    with pytest.raises(RunError, match=r"no sidecar f.json that says its layout"):
        read_input(path, MANIFEST)
    with pytest.raises(RunError, match="there is no such file"):
        read_input(tmp_path / "absent.raw", MANIFEST)


@pytest.mark.parametrize("kind", ["<u2", ">u2", "<f4", "<f8", "u1"])
def test_an_array_is_read_as_it_is(tmp_path: Path, kind: str) -> None:
    array = np.arange(36).reshape(1, 1, 4, 9).astype(kind)
    np.save(tmp_path / "a.npy", array)

    np.testing.assert_array_equal(read_input(tmp_path / "a.npy", MANIFEST)[0], array)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00\x76\x00{", b"\x80\x04K\x05."]
)
def test_an_array_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)

    with pytest.raises(RunError, match=r"a.npy: it is not a readable .npy"):
        read_input(tmp_path / "a.npy", MANIFEST)


def test_pickled_objects_and_archives_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "z.npz", a=np.ones(2))
    (tmp_path / "z.npz").rename(tmp_path / "z.npy")
    np.save(tmp_path / "t.npy", np.array(["text"]))

    for name in ("o", "z", "t"):
        with pytest.raises(RunError):
            read_input(tmp_path / f"{name}.npy", MANIFEST)


def test_packings_are_those_of_the_project() -> None:
    assert {n: (p.bits, p.pixels, p.octets) for n, p in PACKINGS.items()} == runtime.LAYOUTS


def test_patterns_have_the_names_that_sidecars_of_ours_give_them() -> None:
    for name, rows in NAMED_PATTERNS.items():
        assert "/".join("".join(row) for row in Cfa.named(name).pattern) == rows
    assert set(NAMED_PATTERNS) == set(_NAMES.values())


def test_rows_joined_by_slashes_are_a_pattern_too(tmp_path: Path) -> None:
    path = dump(tmp_path, a_raw()[:4, :9].tobytes(), cfa="rg/gb")

    np.testing.assert_array_equal(read_input(path, MANIFEST)[0], a_raw()[:4, :9])


def test_a_sidecar_that_says_a_thing_twice_is_refused(tmp_path: Path) -> None:
    path = dump(tmp_path, a_raw()[:4, :9].tobytes())
    place = path.with_suffix(".json")
    place.write_text('{"width": 8, ' + place.read_text().strip()[1:])

    with pytest.raises(RunError, match='"width" occurs twice'):
        read_input(path, MANIFEST)
