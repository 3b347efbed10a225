"""Spoilt files are read or refused by an error of ours: no crash, no hang, nothing untyped."""

import json
import os
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.dump import Dump
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FullwellError
from isp.core.frame import Frame
from isp.core.lut import Lut
from isp.core.pipeline import Tap
from isp.files.decoders import DECODERS
from isp.files.dng import write_dng
from isp.files.dng_opcodes import opcode_bytes
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.lut import write_lut
from isp.files.profile import load_profile, save_profile
from isp.files.save import write
from tests.isp.files.mutations import mutated
from tests.isp.files.opcode_samples import area, gain_map, opcode, warp
from tests.isp.files.rich_dng import rationals, rich_dng
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame
from tests.isp.files.tuning_text import text as tuning_text

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 10.0  # longest that one file may take
FEW = 200


@dataclass(frozen=True)
class Format:
    """A format: how a sound file is written, and by what it is read.

    decoder: of `DECODERS`, for what crashes the shared child. many: of the slow run. needs: a
    package of an extra.
    """

    name: str
    suffix: str
    reader: str
    make: Callable[[Path], object]
    is_text: bool = False
    decoder: str | None = None
    many: int = 1000
    needs: str | None = None

    def __str__(self) -> str:
        return self.name


def _toml(path: Path) -> None:
    steps = [
        f'[[steps]]\nname = "{s.name}"\nstage = "{s.stage}"\nbits = 12\nheadroom = 1.0\n'
        for s in preset("srgb", Cfa.RGGB).steps[:3]
    ]
    path.write_text("format_version = 1\n" + "".join(steps) + "[steps.settings]\ngains = [2, 1, 2]")


def _recipe_json(path: Path) -> None:
    path.write_text(preset("srgb", Cfa.RGGB).set("exposure", ev=1.0).as_json())


def _profile(path: Path) -> None:
    save_profile(load_profile("GenericPhone"), path, force=True)


def _map(path: Path) -> None:
    entry = {"name": "x", "file": "a.npy", "domain": "CAMERA", "scale": 4095.0, "layout": "hwc"}
    path.write_text(json.dumps({"format_version": 1, "frames": [entry] * 2}))


def _facts(path: Path) -> None:
    """A dumped frame; the file under test is its JSON, the array stays sound."""
    with Dump(path.parent / "dump", force=True) as dump:
        dump.add(Tap("linear", linear_frame(), 0.0))
    for suffix in (".json", ".npy", ".masks.npy"):
        source = path.parent / "dump" / f"00_linear{suffix}"
        path.with_suffix(suffix).write_bytes(source.read_bytes())


def _cube(path: Path, shape: tuple[int, ...]) -> None:
    table = np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    write_lut(path, Lut(table=table, title="warm"))


def _rich(path: Path) -> None:
    """Every list of opcodes, a linearization table, black that varies along rows and columns."""
    gains = opcode_bytes([opcode(9, gain_map(area(), np.full((2, 2, 1), 0.5)))])
    lens = opcode_bytes([opcode(1, warp([(0.98, 0.01, 0, 0, 0, 0)]), is_optional=True)])
    rich_dng(path, {
        50712: (3, 4096, tuple(range(4096))),
        50715: ("2i", 60, rationals([0.5] * 60)),
        50716: ("2i", 40, rationals([0.25] * 40)),
        51008: (7, len(gains), gains), 51009: (7, len(gains), gains), 51022: (7, len(lens), lens),
    })  # fmt: skip


def _camera_dng(path: Path) -> None:
    """Demosaicked light, whose masks lie in private data."""
    light = torch.linspace(0, 1.2, 3 * 24 * 32).reshape(1, 3, 24, 32)
    frame = Frame.start(
        light, Domain.CAMERA, shot=raw_frame(camera()).shot, profile=camera(),
        measured=light < 1, clipped=light >= 1,
    )  # fmt: skip
    write_dng(path, frame)


FORMATS = [
    Format("dng", ".dng", "raw", lambda p: write(p, raw_frame(camera())), decoder="raw",
           many=10_000),
    Format("dng with opcodes and a table", ".dng", "raw", _rich, decoder="raw", many=2000),
    Format("dng of camera light", ".dng", "raw", _camera_dng, decoder="raw"),
    Format("dng in jpeg xl", ".dng", "raw",
           lambda p: write_dng(p, raw_frame(camera()), compression="jpeg_xl"), decoder="raw"),
    Format("exr", ".exr", "picture", lambda p: write(p, linear_frame()), decoder="exr",
           many=10_000),
    Format("radiance", ".hdr", "picture", lambda p: write(p, linear_frame()), decoder="radiance"),
    Format("tiff", ".tif", "picture", lambda p: write(p, sdr_frame()), decoder="png"),
    Format("png", ".png", "picture", lambda p: write(p, sdr_frame()), decoder="png"),
    Format("jpeg", ".jpg", "picture", lambda p: write(p, sdr_frame()), decoder="jpeg"),
    Format("avif", ".avif", "picture", lambda p: write(p, sdr_frame()), decoder="avif"),
    Format("heic", ".heic", "picture", lambda p: write(p, linear_frame()), decoder="heic",
           needs="pillow_heif"),
    Format("jxl", ".jxl", "picture", lambda p: write(p, linear_frame()), decoder="jxl"),
    Format("npy", ".npy", "npy", lambda p: np.save(p, np.arange(60.0).reshape(4, 5, 3))),
    Format("profile json", ".json", "profile", _profile, is_text=True, many=10_000),
    Format("recipe json", ".json", "recipe", _recipe_json, is_text=True, many=10_000),
    Format("recipe toml", ".toml", "recipe", _toml, is_text=True, many=10_000),
    Format("tuning json", ".json", "tuning",
           lambda p: p.write_text(tuning_text(), encoding="utf-8"), is_text=True),
    Format("name map", ".json", "map", _map, is_text=True),
    Format("dump facts", ".json", "dump", _facts, is_text=True),
    Format("cube", ".cube", "cube", lambda p: _cube(p, (3, 3, 3, 3)), is_text=True),
    Format("cube of curves", ".cube", "cube", lambda p: _cube(p, (9, 3)), is_text=True),
]  # fmt: skip
every_format = pytest.mark.parametrize("format_", FORMATS, ids=str)


class Child:
    """The process that reads; a new one is started where one died or hung."""

    def __init__(self) -> None:
        self.process = self._started()

    def ask(self, reader: str, path: Path) -> dict[str, str]:
        """How reading a file ended: read, refused, untyped, crashed or hung."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = json.dumps({"reader": reader, "path": str(path)})
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS + self.patience)
        self.patience = 0.0
        line = self.process.stdout.readline() if ready else b""
        if line:
            told: dict[str, str] = json.loads(line)
            return told
        self.end()
        code = self.process.returncode
        self.process = self._started()
        return {"kind": "crashed" if ready else "hung", "message": f"exit code {code}"}

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        self.patience = 60.0  # its imports come with its first file
        return subprocess.Popen(
            [sys.executable, "-m", "tests.isp.files.hostile_reader"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            bufsize=0,
        )


@dataclass
class Tally:
    """How many ended how, and what must not have happened."""

    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One reader for all formats: its imports take longer than hundreds of files."""
    reader = Child()
    yield reader
    reader.end()


def attack(format_: Format, count: int, folder: Path, child: Child) -> Tally:
    """Read `count` mutations of a format."""
    if format_.needs:
        pytest.importorskip(format_.needs, reason="the extra `codecs` is not installed")
    path = folder / f"spoilt{format_.suffix}"
    format_.make(path)
    whole = path.read_bytes()
    if format_.decoder:
        path.with_suffix(".json").unlink(missing_ok=True)  # no sidecar stands beside a stranger
    tally = Tally()
    assert child.ask(format_.reader, path)["kind"] == "read", "the sound file must be read"
    for number in range(count):
        path.write_bytes(mutated(whole, number, is_text=format_.is_text))
        told = child.ask(format_.reader, path)
        if told["kind"] in ("crashed", "hung") and format_.decoder:
            told = guarded_again(format_, path)
        tally.ended[told["kind"]] += 1
        if told["kind"] in ("untyped", "crashed", "hung"):
            tally.wrong.append(f"{format_} {number}: {told['kind']}: {told['message']}")
    return tally


def guarded_again(format_: Format, path: Path) -> dict[str, str]:
    """Where a C library crashed or hung: the process of its own that it has in use ends that.

    LibRaw 0.22 does not come back from about one spoilt DNG in a thousand.
    """
    try:
        decode(DECODERS[str(format_.decoder)], path, Limits(seconds=SECONDS))
    except FullwellError as error:
        return {"kind": "contained", "message": str(error)}
    return {"kind": "crashed", "message": "with others in one process, but not alone"}


@every_format
def test_spoilt_files_are_read_or_refused(format_: Format, tmp_path: Path, child: Child) -> None:
    tally = attack(format_, FEW, tmp_path, child)

    assert not tally.wrong, "\n".join(tally.wrong)
    # The mutations bite: a good part of the files is refused.
    assert tally.ended["refused"] + tally.ended["contained"] > FEW / 10, tally.ended


@pytest.mark.slow
@every_format
def test_very_many_spoilt_files_are_read_or_refused(
    format_: Format, tmp_path: Path, child: Child
) -> None:
    tally = attack(format_, format_.many, tmp_path, child)

    print(format_, dict(tally.ended))
    assert not tally.wrong, "\n".join(tally.wrong[:20])


def test_a_mutation_is_the_same_for_the_same_number() -> None:
    whole = bytes(range(256)) * 10

    assert mutated(whole, 5) == mutated(whole, 5) != mutated(whole, 6)
    assert sum(mutated(whole, n) == whole for n in range(100)) < 5
