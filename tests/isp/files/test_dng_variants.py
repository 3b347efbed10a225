"""288 forms of a DNG that LibRaw knows are read with 0 DN between us, others as written."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile

from isp.core.cfa import Cfa
from isp.files.dng_opcodes import opcode_bytes
from isp.files.limits import Limits
from isp.files.raw_decode import decode_raw
from tests.isp.files.opcode_samples import CENTRED, area, bad_list, gain_map, opcode
from tests.strategies import BAYER_PHASES

HEIGHT, WIDTH = 48, 64
LOSSLESS = {"compression": "jpeg", "compressionargs": {"lossless": True}}
STORAGES: dict[str, dict[str, Any]] = {
    "strips": {"rowsperstrip": 16},
    "tiles": {"tile": (32, 32)},
    "lossless JPEG tiles": {"tile": (32, 32)} | LOSSLESS,
    "lossless JPEG strip": {"rowsperstrip": HEIGHT} | LOSSLESS,
    "big-endian": {"byteorder": ">"},
}
CODES = {"R": 0, "G": 1, "B": 2}


@dataclass(frozen=True)
class Variant:
    """How a file is made: samples of `bits` in `dtype`, tags beside the base, layout options."""

    cfa: Cfa | None
    bits: int
    tags: dict[int, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    packed: bool = False
    preview: bool = False

    @property
    def samples(self) -> np.ndarray:
        """Every code may occur, the ends do; a number for each variant's bits."""
        shape = (HEIGHT, WIDTH) if self.cfa else (HEIGHT, WIDTH, 3)
        codes = np.random.default_rng(self.bits).integers(0, 2**self.bits, shape)
        codes.flat[:2] = 0, 2**self.bits - 1
        return codes.astype(np.uint8 if self.bits == 8 else np.uint16)

    def write(self, path: Path) -> np.ndarray:
        """Write the file and return its samples."""
        tags: dict[int, Any] = {
            50706: (1, 4, bytes([1, 7, 1, 0])),
            50707: (1, 4, bytes([1, 1, 0, 0])),
        }
        if self.cfa:
            flat = bytes(CODES[c] for row in self.cfa.pattern for c in row)
            tags |= {33421: (3, 2, self.cfa.period), 33422: (1, len(flat), flat)}
            tags |= {50717: (4, 1, 2**self.bits - 1)}
        else:
            tags |= {50717: (4, 3, (2**self.bits - 1,) * 3)}
        tags = {k: v for k, v in (tags | self.tags).items() if v is not None}
        extra = [(code, *value, True) for code, value in sorted(tags.items())]
        options = dict(self.options)
        if self.packed:
            options["bitspersample"] = self.bits
        if "compressionargs" in options:  # LibRaw opens what this encoder makes of over 12 bits
            options["compressionargs"] = {"lossless": True, "bitspersample": self.bits}
        samples = self.samples
        with tifffile.TiffWriter(path, byteorder=options.pop("byteorder", "<")) as tiff:
            shared = {"metadata": None, "photometric": 32803 if self.cfa else 34892}
            if self.preview:
                small = np.zeros((24, 32, 3), np.uint8)
                tiff.write(small, photometric="rgb", subfiletype=1, subifds=1, metadata=None,
                           extratags=[e for e in extra if e[0] in (50706, 50707)])  # fmt: skip
            tiff.write(samples, subfiletype=0, extratags=extra, **shared, **options)
        return samples


def storages() -> list[Variant]:
    """Five depths in five layouts; depths that are no whole bytes also packed."""
    return [
        *(Variant(cfa, bits, options=STORAGES[s])
          for cfa, bits, s in itertools.product(BAYER_PHASES, (8, 10, 12, 14, 16), STORAGES)),
        *(Variant(cfa, bits, packed=True)
          for cfa, bits in itertools.product(BAYER_PHASES, (10, 12, 14))),
    ]  # fmt: skip


def blacks() -> list[Variant]:
    """One black, one a column, one a row, one a site: whole numbers."""
    cells = [((1, 1), (64,)), ((1, 2), (60, 70)), ((2, 1), (60, 70)), ((2, 2), (60, 64, 66, 70))]
    return [
        Variant(cfa, bits, {50713: (3, 2, cell), 50714: (4, len(levels), levels)})
        for cfa, bits, (cell, levels) in itertools.product(BAYER_PHASES, (10, 12, 16), cells)
    ]


TABLES = {
    "every code": tuple(60 * i % 65536 if i < 1000 else 60000 for i in range(1024)),
    "ends early": tuple(range(0, 2000, 4)),
    "squares": tuple(i * i // 16 for i in range(1024)),
}


def tables() -> list[Variant]:
    """LinearizationTables, also shorter than the codes."""
    return [
        Variant(cfa, 10, {50712: (3, len(TABLES[t]), TABLES[t])}, STORAGES[s])
        for cfa, t, s in itertools.product(
            BAYER_PHASES, TABLES, ("strips", "tiles", "lossless JPEG tiles")
        )
    ]


def areas() -> list[Variant]:
    """ActiveAreas with even corners."""
    rectangles = [(0, 0, HEIGHT, WIDTH), (4, 8, 40, 60), (2, 0, 47, 63)]
    return [
        Variant(cfa, bits, {50829: (4, 4, rectangle)})
        for cfa, bits, rectangle in itertools.product(BAYER_PHASES, (12, 16), rectangles)
    ]


def optional(code: int, parameters: bytes, tag: int) -> dict[int, Any]:
    value = opcode_bytes([opcode(code, parameters, is_optional=True)])
    return {tag: (7, len(value), value)}


OPCODES = {
    "gain map": optional(9, gain_map(area(), np.full((2, 2, 1), 4.0)), 51009),
    "warp": optional(1, CENTRED, 51022),
    "unknown": optional(99, b"abcd", 51008),
}


def opcodes() -> list[Variant]:
    """Opcode lists that leave the stored values alone."""
    return [
        Variant(cfa, bits, OPCODES[name])
        for cfa, bits, name in itertools.product(BAYER_PHASES, (12, 16), OPCODES)
    ]


def whites() -> list[Variant]:
    """WhiteLevel below the largest code, or none, which is the largest of the stored bits."""
    return [
        *(Variant(cfa, bits, {50717: (4, 1, 2**bits - share)})
          for cfa, bits, share in itertools.product(BAYER_PHASES, (12, 14), (100, 500))),
        *(Variant(cfa, 12, {50717: None}, packed=True) for cfa in BAYER_PHASES),
    ]  # fmt: skip


def containers() -> list[Variant]:
    """A preview before the raw; X-Trans from six of its corners; colours that are demosaiced."""
    return [
        *(Variant(cfa, bits, preview=True)
          for cfa, bits in itertools.product(BAYER_PHASES, (12, 16))),
        *(Variant(Cfa.XTRANS.crop(y, x), bits)
          for (y, x), bits in itertools.product(((0, 0), (1, 2), (3, 5), (4, 4)), (12, 16))),
        *(Variant(None, bits, options=STORAGES[s])
          for bits, s in itertools.product((8, 16), ("strips", "tiles", "big-endian"))),
        Variant(None, 16, {50713: (3, 2, (1, 1)), 50714: (4, 3, (60, 70, 80))}),
        Variant(None, 16, {50717: (4, 3, (60000,) * 3)}),
    ]  # fmt: skip


GROUPS = {f.__name__: f() for f in (storages, blacks, tables, areas, opcodes, whites, containers)}


def test_there_are_288_forms() -> None:
    sizes = {name: len(group) for name, group in GROUPS.items()}

    assert sizes == {
        "storages": 112, "blacks": 48, "tables": 36, "areas": 24, "opcodes": 24, "whites": 20,
        "containers": 24,
    }  # fmt: skip
    assert sum(sizes.values()) == 288


@pytest.mark.parametrize("group", GROUPS)
def test_libraw_and_we_read_the_same_dn_and_levels(group: str, tmp_path: Path) -> None:
    """Pixels of the active area; pattern, white and, where LibRaw has it right, black."""
    for number, variant in enumerate(GROUPS[group]):
        path = tmp_path / f"{number}.dng"
        samples = variant.write(path)
        with rawpy.imread(str(path)) as raw:
            visible, white = raw.raw_image_visible.copy(), raw.white_level
            black = raw.black_level_per_channel
            names, pattern = raw.color_desc.decode(), raw.raw_pattern
        if variant.cfa is None:
            visible = visible[..., :3]

        decoded = decode_raw(str(path), Limits())

        dn, facts = decoded.arrays["dn"], decoded.facts
        assert np.array_equal(dn, visible), variant
        if 50712 not in variant.tags and 50829 not in variant.tags:
            assert np.array_equal(dn, samples), variant
        if variant.cfa is None:
            assert facts["kind"] == "linear"
            assert facts["black_level_dn"] == [float(black[i]) for i in range(3)]
            continue
        assert facts["white_level_dn"] == white, variant
        assert facts["cfa"] == [list(row) for row in variant.cfa.pattern], variant
        if variant.cfa.is_bayer:
            assert facts["cfa"] == [[names[i] for i in row] for row in pattern]
            assert facts["black_level_dn"] == [float(black[i]) for i in pattern.ravel()], variant


RGGB = {33421: (3, 2, (2, 2)), 33422: (1, 4, bytes([0, 1, 1, 2]))}
DN = np.random.default_rng(5).integers(0, 1024, (HEIGHT, WIDTH)).astype(np.uint16)


def written(path: Path, dn: np.ndarray, tags: dict[int, Any], **options: Any) -> Path:
    """A DNG that LibRaw is not asked about, or reads otherwise than the specification says."""
    base = {50706: (1, 4, bytes([1, 7, 1, 0]))} | (RGGB if dn.ndim == 2 else {})
    extra = [(code, *value, True) for code, value in sorted((base | tags).items())]
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        tiff.write(
            dn, photometric=32803 if dn.ndim == 2 else 34892, subfiletype=0, metadata=None,
            extratags=extra, **options,
        )  # fmt: skip
    return path


JXL = {"compression": 52546, "compressionargs": {"lossless": True}}


@pytest.mark.parametrize(
    ("dn", "options"),
    [
        (DN, JXL),
        (DN, JXL | {"tile": (32, 32)}),
        ((DN >> 2).astype(np.uint8), JXL),
        (np.stack([DN, DN.T.reshape(DN.shape), DN + 7], axis=-1).astype(np.uint16), JXL),
        (DN, LOSSLESS | {"rowsperstrip": 16}),
        (DN, LOSSLESS | {"tile": (64, 80)}),
    ],
    ids=[
        "JPEG XL",
        "JPEG XL tiles",
        "8 bits",
        "three colours",
        "lossless JPEG in strips",
        "lossless JPEG in a tile over the edge",
    ],
)
def test_what_libraw_refuses_or_gets_wrong_is_read_as_it_was_written(
    dn: np.ndarray, options: dict[str, Any], tmp_path: Path
) -> None:
    path = written(tmp_path / "a.dng", dn, {}, **options)
    try:
        with rawpy.imread(str(path)) as raw:
            libraw_agrees = np.array_equal(raw.raw_image, dn)
    except rawpy.LibRawError:
        libraw_agrees = False

    assert not libraw_agrees
    assert np.array_equal(decode_raw(str(path), Limits()).arrays["dn"], dn)


def test_a_table_applies_to_jpeg_xl_too(tmp_path: Path) -> None:
    table = tuple(i * i // 16 for i in range(1024))
    path = written(tmp_path / "a.dng", DN, {50712: (3, 1024, table)}, **JXL)

    assert np.array_equal(decode_raw(str(path), Limits()).arrays["dn"], np.asarray(table)[DN])


@pytest.mark.parametrize("kind", ["float16", "float32"])
@pytest.mark.parametrize("planes", [1, 3])
def test_floating_point_keeps_its_digits_on_a_scale_of_65535(
    kind: str, planes: int, tmp_path: Path
) -> None:
    light = np.random.default_rng(3).random((HEIGHT, WIDTH, planes)).astype(kind) * 1.5 - 0.1
    light = light.astype(kind).squeeze()
    path = written(tmp_path / "a.dng", light, {50717: (4, planes, (1,) * planes)})

    decoded = decode_raw(str(path), Limits())

    assert np.array_equal(decoded.arrays["dn"], light.astype(np.float32) * np.float32(65535))
    assert decoded.facts["white_level_per_sample"] == [65535.0] * planes
    assert decoded.facts["black_level_dn"] == [0.0] * (3 if planes == 3 else 4)


def test_rows_and_columns_that_were_stored_in_fields_come_back_in_order(tmp_path: Path) -> None:
    fields = np.concatenate([DN[0::2], DN[1::2]])
    fields = np.concatenate([fields[:, 0::2], fields[:, 1::2]], axis=1)
    path = written(tmp_path / "a.dng", fields, {50975: (4, 1, 2), 52547: (4, 1, 2)}, **JXL)

    assert np.array_equal(decode_raw(str(path), Limits()).arrays["dn"], DN)


def test_bad_photosites_are_found_among_the_stored_values_before_the_table(tmp_path: Path) -> None:
    # Codes 7 and 8 both become DN 70: only the stored value tells the bad photosite.
    table = (*(10 * i for i in range(8)), 70, *(10 * i for i in range(9, 1024)))
    dn = np.full((HEIGHT, WIDTH), 8, np.uint16)
    dn[10, 10] = 7
    dn[9::2, 9::2][:2, :2] = 300  # diagonal neighbours of the green at (10, 11)
    dn[10, 8] = dn[10, 12] = dn[8, 10] = dn[12, 10] = 20
    value = opcode_bytes([opcode(4, b"\0\0\0\x07\0\0\0\0", list_number=1)])
    path = written(tmp_path / "a.dng", dn, {50712: (3, 1024, table), 51008: (7, len(value), value)})

    decoded = decode_raw(str(path), Limits())

    assert decoded.arrays["dn"][10, 10] == 200  # the mean of code 20 through the table
    assert decoded.arrays["mended"].nonzero() == (np.array([10]), np.array([10]))
    [record] = decoded.facts["opcodes_executed"]
    assert (record["name"], record["mended"]) == ("FixBadPixelsConstant", 1)


def test_list_1_speaks_of_the_full_picture_and_list_2_of_the_active_area(tmp_path: Path) -> None:
    dn = np.full((HEIGHT, WIDTH), 100, np.uint16)
    dn[6, 10] = 900
    value = opcode_bytes([opcode(5, bad_list([(6, 10)]), list_number=1)])
    tags = {50829: (4, 4, (4, 8, 44, 60)), 51008: (7, len(value), value)}

    decoded = decode_raw(str(written(tmp_path / "a.dng", dn, tags)), Limits())

    assert decoded.arrays["dn"].shape == (40, 52)
    assert (decoded.arrays["dn"] == 100).all()
    assert decoded.arrays["mended"].nonzero() == (np.array([2]), np.array([2]))


def test_a_mandatory_list_of_the_linear_mosaic_waits_for_it(tmp_path: Path) -> None:
    demanded = [opcode(9, gain_map(area(), np.full((1, 1, 1), 2.0)))]
    value = opcode_bytes(demanded)

    decoded = decode_raw(
        str(written(tmp_path / "a.dng", DN, {51009: (7, len(value), value)})), Limits()
    )

    assert np.array_equal(decoded.arrays["dn"], DN)
    assert decoded.facts["opcodes_to_come"] == [demanded[0].record()]
    assert list(decoded.facts["kept"]["opcode_lists"]) == ["2"]
