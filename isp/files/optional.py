"""Packages that the base installation does not bring."""

import importlib
from types import ModuleType

from isp.core.errors import MissingError


def optional(package: str, purpose: str, extra: str) -> ModuleType:
    """Import a package of an extra.

    Raises MissingError saying what needs it and how it is installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingError(
            f'{purpose} needs the package {package}: pip install "fullwell[{extra}]"'
        ) from error
