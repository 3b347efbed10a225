"""What a file really is, by its first bytes and never by its name or length."""

from dataclasses import dataclass
from pathlib import Path

from isp.core.errors import FileError
from isp.files.limits import Limits

HEAD_BYTES = 512
UNKNOWN = "of no known format"
AVIF_FILM = "an AVIF film"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """family: raw, tiff (DNG and many raws are TIFF too), exr, hdr, png, jpeg, avif, heic, jxl.

    What nothing here reads is of the family other.
    """

    family: str
    name: str


# (offset, bytes, family, name in a sentence); the first that matches counts.
_MAGIC = (
    (8, b"CR\x02", "raw", "a Canon CR2"),
    (8, b"IIIICwaR", "raw", "a Phase One IIQ"),
    (8, b"MMMMRawC", "raw", "a Phase One IIQ"),
    (0, b"IIRO", "raw", "an Olympus ORF"),
    (0, b"IIRS", "raw", "an Olympus ORF"),
    (0, b"MMOR", "raw", "an Olympus ORF"),
    (0, b"IIU\x00", "raw", "a Panasonic RW2"),
    (4, b"ftypcrx ", "raw", "a Canon CR3"),
    (6, b"HEAPCCDR", "raw", "a Canon CRW"),
    (0, b"FUJIFILMCCD-RAW", "raw", "a Fujifilm RAF"),
    (0, b"\x00MRM", "raw", "a Minolta MRW"),
    (0, b"FOVb", "raw", "a Sigma X3F"),
    (0, b"II*\x00", "tiff", "a TIFF"),
    (0, b"MM\x00*", "tiff", "a TIFF"),
    (0, b"II+\x00", "tiff", "a BigTIFF"),
    (0, b"MM\x00+", "tiff", "a BigTIFF"),
    (0, b"v/1\x01", "exr", "an OpenEXR picture"),
    (0, b"#?RADIANCE\n", "hdr", "a Radiance picture"),
    (0, b"#?RGBE\n", "hdr", "a Radiance picture"),
    (0, b"\x89PNG\r\n\x1a\n", "png", "a PNG picture"),
    (0, b"\xff\xd8\xff", "jpeg", "a JPEG picture"),
    (0, b"BM", "other", "a BMP picture"),
    (0, b"GIF8", "other", "a GIF picture"),
    (4, b"ftypavif", "avif", "an AVIF picture"),
    (4, b"ftypavis", "avif", AVIF_FILM),
    (4, b"ftyphei", "heic", "a HEIF picture"),
    (4, b"ftyphevc", "heic", "a HEIC film"),
    (4, b"ftypmif1", "heic", "a HEIF picture"),
    (4, b"ftypmsf1", "heic", "a HEIF film"),
    (4, b"ftyp", "other", "a film or another ISO media file"),
    (0, b"\x00\x00\x00\x0cJXL ", "jxl", "a JPEG XL picture"),
    (0, b"\xff\x0a", "jxl", "a JPEG XL picture"),
    (0, b"\x93NUMPY", "other", "a numpy array"),
    (0, b"%PDF", "other", "a PDF"),
    (0, b"PK\x03\x04", "other", "a zip archive"),
    (0, b"\x1f\x8b", "other", "a gzip archive"),
)


def look_at(path: str | Path, limits: Limits) -> Kind:
    r"""Check that a path is a file worth reading, and tell by its first bytes what it is.

    Raises FileError for what is missing, a folder, empty or unreadable; LimitError when it is
    too long.

    >>> kind_of_bytes(b"v/1\x01 and so on").name
    'an OpenEXR picture'
    """
    path = Path(path)
    if path.is_dir():
        raise FileError(path, "it is a folder; a file is needed")
    if not path.exists():
        raise FileError(path, "there is no such file")
    if not path.is_file():
        raise FileError(path, "it is not a regular file")
    size = path.stat().st_size
    if size == 0:
        raise FileError(path, "the file is empty")
    limits.check_bytes(path, size)
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise FileError(path, f"it cannot be opened ({error.strerror})") from error
    return kind_of_bytes(head)


def kind_of_bytes(head: bytes) -> Kind:
    """Return the kind of a file from its first bytes; UNKNOWN when nothing fits."""
    for offset, magic, family, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            if family == "heic" and _is_av1(head):
                return Kind(family="avif", name="an AVIF picture")
            return Kind(family=family, name=name)
    if _is_text(head):
        return Kind(family="other", name="a text file")
    return Kind(family="other", name=UNKNOWN)


def not_raw_reason(name: str) -> str:
    """Say what a file is instead of a camera raw, and the way out."""
    if name == UNKNOWN:
        return (
            "it has no raw format's signature; if it is a headerless dump, say how it is laid out "
            "(width, height, bits, packing, cfa, black_level), as options or in a sidecar NAME.json"
        )
    return f"it is {name}, not a camera raw"


def _is_av1(head: bytes) -> bool:
    """Whether a HEIF of a general brand says among its further brands that it is an AVIF."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[start : start + 4] for start in range(16, end - 3, 4)}
    return head[8:12] in (b"mif1", b"msf1") and bool(brands & {b"avif", b"avis"})


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = len(head) == HEAD_BYTES and error.start >= HEAD_BYTES - 3
        if not is_cut:  # only a character at the very end may be incomplete
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\r\n\t\f" for c in text)
