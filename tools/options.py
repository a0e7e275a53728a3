"""A service's contract as command line options: one per field, named after it."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from shared.contract import AudioRequest

_SOURCES = {"audio_url", "audio_base64", "audio", "audios"}


def add_options(parser: argparse.ArgumentParser, *contracts: type[AudioRequest]) -> None:
    """Add an option for every field that is not the audio itself, of any of the contracts."""
    for name, fields in _fields(contracts).items():
        flag, field = "--" + name.replace("_", "-"), fields[0]
        if field.annotation is bool:
            either = argparse.BooleanOptionalAction if field.default else "store_true"
            parser.add_argument(
                flag, dest=name, action=either, default=None, help=field.description
            )
        else:
            literals = (one.annotation for one in fields if get_origin(one.annotation) is Literal)
            choices = dict.fromkeys(choice for literal in literals for choice in get_args(literal))
            metavar = "|".join(choices) or "VALUE"
            parser.add_argument(flag, dest=name, metavar=metavar, help=field.description)


def given(arguments: argparse.Namespace, *contracts: type[AudioRequest]) -> dict[str, Any]:
    """The fields that were given, with values as JSON would have them; the handler checks them."""
    found = {name: getattr(arguments, name, None) for name in _fields(contracts)}
    return {name: _value(value) for name, value in found.items() if value is not None}


def _fields(contracts: Iterable[type[AudioRequest]]) -> dict[str, list[FieldInfo]]:
    """The fields that are not the audio, each as every contract that has one has it."""
    found: dict[str, list[FieldInfo]] = defaultdict(list)
    for contract in contracts:
        for name, field in contract.model_fields.items():
            if name not in _SOURCES:
                found[name].append(field)
    return found


def _value(text: str | bool) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(text, bool):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
