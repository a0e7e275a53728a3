"""A service's contract as command line options: one per field, named after it."""

from __future__ import annotations

import argparse
import json
from typing import Any, Literal, get_args, get_origin

from shared.contract import AudioRequest

_SOURCES = {"audio_url", "audio_base64", "audio", "audios"}


def add_options(parser: argparse.ArgumentParser, contract: type[AudioRequest]) -> None:
    """Add an option for every field of the contract that is not the audio itself."""
    for name, field in contract.model_fields.items():
        if name in _SOURCES:
            continue
        flag = "--" + name.replace("_", "-")
        if field.annotation is bool:
            either = argparse.BooleanOptionalAction if field.default else "store_true"
            parser.add_argument(
                flag, dest=name, action=either, default=None, help=field.description
            )
        else:
            choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
            metavar = "|".join(choices) or "VALUE"
            parser.add_argument(flag, dest=name, metavar=metavar, help=field.description)


def given(arguments: argparse.Namespace, contract: type[AudioRequest]) -> dict[str, Any]:
    """The fields that were given, with values as JSON would have them; the handler checks them."""
    found = {name: getattr(arguments, name, None) for name in contract.model_fields}
    return {name: _value(value) for name, value in found.items() if value is not None}


def _value(text: str | bool) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(text, bool):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
