"""The job of the page as others send it: with curl, from Python, with the command ``speech``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from playground.tasks import BUNDLE, Asked
from speech_endpoints.wire import Json

_CURL = """\
{{ printf %s {head}; base64 < {file} | tr -d '\\n'; printf %s '"}}}}'; }} |
  curl -s {url}/runsync -d @- -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer ${{RUNPOD_API_KEY:-any}}"
"""
_PYTHON = """\
from speech_endpoints import {client}

with {client}({url}) as endpoint:
    result = endpoint.{run}({arguments})
print(result.model_dump_json(indent=2, exclude_unset=True))
"""


def calls(asked: Asked, file: str, options: Json) -> dict[str, str]:
    """The call, by the names of the ways.

    Args:
        asked: what is asked, and where.
        file: the recording's name.
        options: of the service, as they were given.

    Raises:
        InvalidInput: the service does not take them.
    """
    return {
        "curl": _curl(asked, file, options),
        "Python": _python(asked, file, options),
        "speech": _speech(asked, file, options),
    }


def _curl(asked: Asked, file: str, options: Json) -> str:
    sent = json.dumps(asked.endpoint.check(options), ensure_ascii=False)[1:-1]
    head = shlex.quote(f'{{"input": {{{sent}{", " if sent else ""}"audio_base64": "')
    where = shlex.quote(asked.endpoint.url)
    return _CURL.format(head=head, file=shlex.quote(_safe(file)), url=where)


def _python(asked: Asked, file: str, options: Json) -> str:
    client, run = asked.task.client, "run"
    if asked.service == BUNDLE:
        client, run = "Bundle", asked.task.verb
    named = (f"{name}={_literal(value)}" for name, value in options.items())
    arguments = ", ".join([_literal(file), *named])
    where = _literal(asked.endpoint.url)
    return _PYTHON.format(client=client, url=where, run=run, arguments=arguments)


def _speech(asked: Asked, file: str, options: Json) -> str:
    words = ["speech", asked.task.verb, _safe(file), "--endpoint", asked.endpoint.url]
    if asked.service == BUNDLE and asked.task.kind.service != BUNDLE:
        words.append("--bundle")
    return shlex.join([*words, *_flags(options)]) + "\n"


def _flags(options: Json) -> Iterator[str]:
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield from (f"--{flag}", str(value))


def _literal(value: object) -> str:
    """As Python has it, strings in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _safe(file: str) -> str:
    """A name that no program takes for an option."""
    return f"./{file}" if file.startswith("-") else file
