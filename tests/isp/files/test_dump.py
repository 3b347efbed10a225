"""A headerless dump is read by what is said of it, and never by its length."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError, LimitError, OutputError, UsageError
from isp.files.dump import DumpFlags, read_dump, read_sidecar, sidecar_path, write_dump
from isp.files.limits import Limits

FLAGS = DumpFlags(width=5, height=3, bits=10, cfa="RGGB", black_level=(64.0,))
DN = np.arange(15, dtype=np.uint16).reshape(3, 5) * 60


def written(folder: Path, dtype: str = "<u2", before: bytes = b"", behind: bytes = b"") -> Path:
    path = folder / "night.raw"
    path.write_bytes(before + DN.astype(dtype).tobytes() + behind)
    return path


def test_rows_come_out_as_they_lie_in_the_file(tmp_path: Path) -> None:
    assert np.array_equal(read_dump(written(tmp_path), FLAGS.complete(), Limits()), DN)


def test_endian_offset_and_stride_are_followed(tmp_path: Path) -> None:
    padded = np.zeros((3, 8), dtype=">u2")
    padded[:, :5] = DN
    path = tmp_path / "night.raw"
    path.write_bytes(b"header!" + padded.tobytes())
    flags = replace(FLAGS, endian="big", offset=7, stride=16)

    assert np.array_equal(read_dump(path, flags.complete(), Limits()), DN)


def test_bits_at_the_top_of_a_word_are_moved_down(tmp_path: Path) -> None:
    path = tmp_path / "night.raw"
    path.write_bytes((DN << 6).astype("<u2").tobytes())
    flags = replace(FLAGS, align="msb")

    assert np.array_equal(read_dump(path, flags.complete(), Limits()), DN)


def test_one_of_several_frames_is_picked(tmp_path: Path) -> None:
    path = written(tmp_path, behind=(DN + 1).tobytes())

    second = read_dump(path, replace(FLAGS, frame=1).complete(), Limits())

    assert np.array_equal(second, DN + 1)


def test_several_frames_ask_which(tmp_path: Path) -> None:
    path = written(tmp_path, behind=DN.tobytes())

    with pytest.raises(FileError, match=r"holds 2 frames of 5 x 3 u16 .*--frame"):
        read_dump(path, FLAGS.complete(), Limits())
    with pytest.raises(FileError, match="frame 2 is asked for, but it holds 2"):
        read_dump(path, replace(FLAGS, frame=2).complete(), Limits())


def test_a_wrong_size_says_what_was_expected_and_what_would_fit(tmp_path: Path) -> None:
    path = tmp_path / "night.raw"
    path.write_bytes(bytes(786432))
    flags = replace(FLAGS, width=1024, height=768, bits=12)

    with pytest.raises(FileError) as caught:
        read_dump(path, flags.complete(), Limits())

    reason = str(caught.value)
    assert "1024 x 768 u16 with stride 2048 needs 1572864 bytes" in reason
    assert "the file has 786432" in reason
    assert "would fit: 1024 x 768 u8" in reason


def test_a_dump_over_the_pixel_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    flags = replace(FLAGS, width=20_000, height=20_000)

    with pytest.raises(LimitError, match=r"400\.0 megapixels"):
        read_dump(written(tmp_path), flags.complete(), Limits())


def test_missing_flags_are_listed_together() -> None:
    with pytest.raises(UsageError, match="--height, --bits, --black-level"):
        DumpFlags(width=5, cfa="RGGB").complete()


def test_a_packing_tells_its_bits_and_bits_their_packing() -> None:
    twelve = replace(FLAGS, bits=None, packing="mipi12").complete()

    assert (twelve.bits, twelve.white_level, twelve.stride) == (12, 4095.0, 9)
    assert replace(FLAGS, bits=8).complete().packing == "u8"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"bits": 17}, "bits must be at most 16"),
        ({"packing": "mipi11"}, 'got "mipi11"'),
        ({"endian": "middle"}, "little, big"),
        ({"wb": (2.0, 1.0, 0.0)}, "three positive gains"),
        ({"black_level": (float("nan"),)}, "finite"),
        ({"offset": -1}, "offset must be at least 0"),
    ],
)
def test_a_flag_out_of_range_is_named(change: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(FLAGS, **change)


def test_flags_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="stride 9 is shorter"):
        replace(FLAGS, stride=9).complete()
    with pytest.raises(UsageError, match="10 bits do not fit the packing u8"):
        replace(FLAGS, packing="u8").complete()
    with pytest.raises(UsageError, match="said to be 5 x 3, but the picture is 6 x 3"):
        FLAGS.complete(size=(6, 3))


def test_the_sidecar_fills_the_gaps_and_the_flags_go_first(tmp_path: Path) -> None:
    sidecar = {"width": 5, "height": 3, "bits": 10, "cfa": "GRBG", "black_level": [60, 61, 62, 63],
               "wb": "2,1,1.5", "note": "not a flag"}  # fmt: skip
    (tmp_path / "night.json").write_text(json.dumps(sidecar))

    flags = DumpFlags(bits=12, offset=0).over(read_sidecar(tmp_path / "night.raw"))

    assert (flags.width, flags.bits, flags.cfa) == (5, 12, "GRBG")
    assert flags.black_level == (60.0, 61.0, 62.0, 63.0)
    assert flags.wb == (2.0, 1.0, 1.5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"width": "wide"}', r'night\.json: "width" cannot be "wide"'),
        ('{"width": 4.5}', r'night\.json: "width" cannot be 4\.5 \(a whole number'),
        ('{"bits": 99}', r"night\.json: bits must be at most 16"),
        ("[1, 2]", "a JSON object is expected"),
        ("{", "not a JSON file"),
    ],
)
def test_a_bad_sidecar_is_named_with_its_key(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "night.json").write_text(content)

    with pytest.raises(FileError, match=words):
        read_sidecar(tmp_path / "night.raw")


def test_what_is_written_reads_back_with_no_flag_at_all(tmp_path: Path) -> None:
    path = tmp_path / "night.raw"
    write_dump(path, DN, replace(FLAGS, wb=(2.0, 1.0, 1.5)), notes={"iso": 400})

    flags = read_sidecar(path).complete()

    assert np.array_equal(read_dump(path, flags, Limits()), DN)
    assert (flags.cfa, flags.black_level, flags.wb) == ("RGGB", (64.0,), (2.0, 1.0, 1.5))
    assert json.loads(sidecar_path(path).read_text())["iso"] == 400


def test_a_dump_of_fractions_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"integers in 0\.\.65535"):
        write_dump(tmp_path / "night.raw", DN + 0.5, FLAGS)

    assert list(tmp_path.iterdir()) == []


def test_neither_file_is_touched_when_the_dump_exists(tmp_path: Path) -> None:
    path = written(tmp_path)

    with pytest.raises(OutputError, match="exists already"):
        write_dump(path, DN, FLAGS)

    assert [f.name for f in tmp_path.iterdir()] == ["night.raw"]


def test_an_offset_behind_the_end_is_told_as_a_misfit(tmp_path: Path) -> None:
    flags = replace(FLAGS, offset=8_000_000).complete()

    with pytest.raises(FileError, match="no usual layout would fit"):
        read_dump(written(tmp_path), flags, Limits())


def test_dn_far_above_the_bits_are_another_layout(tmp_path: Path) -> None:
    path = tmp_path / "night.raw"
    path.write_bytes((DN << 6).astype("<u2").tobytes())

    with pytest.raises(UsageError, match="do not fit 10 bits; pass --align msb"):
        read_dump(path, FLAGS.complete(), Limits())
    assert np.array_equal(read_dump(path, replace(FLAGS, align="msb").complete(), Limits()), DN)


@pytest.mark.parametrize("changes", [{"align": "msb"}, {"endian": "big"}], ids=str)
def test_a_mipi_packing_has_its_own_order_of_bits(changes: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="its own order of bits"):
        replace(FLAGS, packing="mipi10", **changes).complete()


def test_a_white_level_fits_the_bits() -> None:
    with pytest.raises(UsageError, match="white_level 10000 does not fit 10 bits"):
        replace(FLAGS, white_level=10_000).complete()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"width": 1e400}'], ids=["deep", "infinite"])
def test_a_hostile_sidecar_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = written(tmp_path)
    sidecar_path(path).write_text(text)

    with pytest.raises(FileError, match=r"night\.json"):
        read_sidecar(path)
