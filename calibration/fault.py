"""A fault of captures: what is wrong, how bad that is, and what to shoot again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with captures.

    fatal: what is measured of them would be wrong, not only less sure.
    serious: the same of some figures; the captures are not enough until they are shot again.
    remedy: what to shoot again, and how.
    """

    what: str
    remedy: str
    fatal: bool = False
    serious: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"

    @property
    def spoils(self) -> bool:
        """Whether something that rests on these captures is wrong."""
        return self.fatal or self.serious

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "what": self.what,
            "remedy": self.remedy,
            "fatal": self.fatal,
            "serious": self.spoils,
        }


def reason_of(faults: Iterable[Fault]) -> str:
    """Why there is no figure that rests on such captures; empty where none of them spoils it."""
    return "; ".join(str(fault) for fault in faults if fault.spoils)
