"""A job's input, validated against the service's contract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shared.errors import InvalidInput
from shared.worker.service import Contract, RequestT

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PLAIN = {"model_type": "Input should be a string or an object"}
_MOST_FIELDS = 64  # more than any contract has
_MOST_FAULTS = 5
_FIELD_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def choose(contracts: Sequence[Contract[RequestT]], job_input: object) -> Contract[RequestT]:
    """The contract a job asks for by its ``task``; the only one, where there is no choice.

    Raises:
        InvalidInput: it names none; the message has those that there are.
    """
    if len(contracts) == 1:
        return contracts[0]
    tasks = {contract.task: contract for contract in contracts}
    asked = _as_object(job_input).get("task")
    if not isinstance(asked, str) or asked not in tasks:
        *most, last = tasks
        raise InvalidInput(f"task: give {', '.join(most)} or {last}")
    return tasks[asked]


def parse(contract: type[RequestT], job_input: object, max_items: int) -> RequestT:
    """Validate a job's input.

    Args:
        contract: the service's request type.
        job_input: what the caller sent as ``input``.
        max_items: the most recordings one job may hold.

    Raises:
        InvalidInput: it names each fault and its field, and shows none of the values.
    """
    fields = _as_object(job_input)
    _check_sizes(fields, max_items)
    try:
        return contract.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(_explain(error.errors(include_input=False, include_url=False))) from None


def _as_object(job_input: object) -> dict[str, object]:
    if not isinstance(job_input, dict):
        raise InvalidInput("input must be a JSON object")
    return job_input


def _check_sizes(job_input: dict[str, object], max_items: int) -> None:
    """Count before validating: each fault found costs a kilobyte, and there may be millions."""
    items = job_input.get("audios")
    items = items if isinstance(items, list) else []
    if len(items) > max_items:
        raise InvalidInput(f"audios: at most {max_items} recordings in one job")
    if any(isinstance(part, dict) and len(part) > _MOST_FIELDS for part in (job_input, *items)):
        raise InvalidInput(f"at most {_MOST_FIELDS} fields in one object")


def _explain(errors: list[ErrorDetails]) -> str:
    faults = list(dict.fromkeys(map(_fault, errors)))
    more = len(faults) - _MOST_FAULTS
    tail = f"; and {more} more" if more > 0 else ""
    return "; ".join(faults[:_MOST_FAULTS]) + tail


def _fault(error: ErrorDetails) -> str:
    field = ".".join(_name(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown field {field}"
    message = _PLAIN.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{field}: {message}" if field else message


def _name(part: int | str) -> str:
    """A field's name as the caller wrote it, if it looks like one and not like something leaked."""
    text = str(part)
    return text if _FIELD_NAME.fullmatch(text) else "(not a field name)"
