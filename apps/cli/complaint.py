"""What goes wrong is told on stderr, in one line that starts with `error:`."""

import sys


def complain(reason: object) -> None:
    """Print an error; libraries' messages of several lines become one."""
    print("error:", " ".join(str(reason).split()), file=sys.stderr)
