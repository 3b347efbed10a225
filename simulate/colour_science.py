"""The door to colour-science's data, which leaves the image libraries alone."""

import sys
from typing import Any

# colour-science imports it for its own file formats, and it complains on stderr at exit about
# objects that are then still alive. Nothing here reads a picture.
UNWANTED = "OpenImageIO"


def colour_science() -> Any:
    """Return the `colour` package, imported at first use.

    >>> "D65" in colour_science().SDS_ILLUMINANTS
    True
    """
    hides = UNWANTED not in sys.modules
    if hides:
        sys.modules[UNWANTED] = None  # type: ignore[assignment]
    try:
        import colour
    finally:
        if hides:
            del sys.modules[UNWANTED]
    return colour
