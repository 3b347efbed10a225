"""Frame sizes by name or as height x width."""

from isp.core.errors import UsageError

NAMED = {"12MP": (3000, 4000), "4K": (2160, 3840), "1080p": (1080, 1920)}
Size = tuple[int, int]


def sizes_of(text: str) -> tuple[Size, ...]:
    """Read sizes, heights first, separated by commas.

    Raises UsageError for what is no size, and for one that comes twice.

    >>> sizes_of("12MP,1080p,64x96")
    ((3000, 4000), (1080, 1920), (64, 96))
    """
    sizes = tuple(_size(part.strip()) for part in text.split(","))
    if len(set(sizes)) < len(sizes):
        raise UsageError(f'--size names one size twice in "{text}"')
    return sizes


def _size(text: str) -> Size:
    named = {name.lower(): size for name, size in NAMED.items()}.get(text.lower())
    if named is not None:
        return named
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise UsageError(
            f'--size takes {", ".join(NAMED)} or HEIGHTxWIDTH, as 1080x1920, not "{text}"'
        )
    return int(height), int(width)
