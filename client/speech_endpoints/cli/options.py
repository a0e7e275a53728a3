"""The options of a service as options of the command, made from its contract."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer

from speech_endpoints.vendored.shared.contract import AudioRequest

_ELSEWHERE = {
    "audio_url", "audio_base64", "audio", "audios", "format", "known_speakers", "stream", "task",
}  # fmt: skip
_PLAIN = (bool, int, float, str)


def parameters(contract: type[AudioRequest]) -> Iterator[inspect.Parameter]:
    """One for each field that is neither the audio nor given in another way."""
    for name, field in contract.model_fields.items():
        if name not in _ELSEWHERE:
            kind = _plain(field.annotation)
            option = typer.Option(help=field.description, show_default=False)
            yield inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None,
                annotation=Annotated[kind | None, option],
            )  # fmt: skip


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as the contract has them."""
    found = {name: value for name, value in values.items() if value is not None}
    if str(found.get("channel", "")).isdigit():
        found["channel"] = int(found["channel"])
    return found


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - a type
    """What a word of a command line is read as."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain(inside[0])
    if origin in {Union, UnionType}:
        kinds = [kind for kind in inside if kind is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else str
    return annotation if annotation in _PLAIN or origin is Literal else str
