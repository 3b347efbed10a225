"""Frame sizes by name or as height x width, several with commas."""

from apps.deploy import runtime
from isp.core.errors import UsageError

Size = tuple[int, int]


def sizes_of(text: str) -> tuple[Size, ...]:
    """Read sizes as `run.py bench` does, heights first, separated by commas.

    Raises UsageError for what is no size, and for one that comes twice.

    >>> sizes_of("12MP,1080p,64x96")
    ((3000, 4000), (1080, 1920), (64, 96))
    """
    try:
        sizes = tuple(runtime.size_named(part) for part in text.split(","))
    except runtime.UsageError as error:
        raise UsageError(f"--size: {error}") from error
    if len(set(sizes)) < len(sizes):
        raise UsageError(f'--size names one size twice in "{text}"')
    return sizes
