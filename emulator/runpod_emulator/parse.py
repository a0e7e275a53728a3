"""Turns JSON and TOML into settings, and says in a line what is wrong with them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")

STRICT = ConfigDict(extra="forbid")  # a field with a typing mistake is not a default


def parsed(kind: type[T], table: object) -> T:
    """Settings from what was read.

    Args:
        kind: a dataclass of pydantic's.
        table: the content of a file or a message.

    Raises:
        ValueError: it is not one; the message names the first field that is wrong.
    """
    try:
        return TypeAdapter(kind).validate_python(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {message}" if where else message) from None
