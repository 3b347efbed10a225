"""Whether the value of a setting is of the type that its stage names."""

import inspect
from typing import Any

from isp.core.errors import UsageError


def check_setting(what: str, value: Any, annotation: Any) -> None:
    """Refuse a value that is not of the annotated type, or a number that is not finite.

    Raises UsageError naming the setting and the type.
    """
    try:
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
    except ImportError:  # not where only training runs; the constructor judges
        return
    if annotation is inspect.Parameter.empty:
        return
    try:
        adapter = TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))
    except (PydanticUserError, NameError):  # a user's own type, which pydantic does not know
        return
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        wanted = getattr(annotation, "__name__", None) or str(annotation)
        raise UsageError(f"{what} takes {wanted}, not {value!r}") from error
