"""The job of the page as others send it: with curl, from Python, with the command ``speech``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from playground.tasks import Task
from speech_endpoints.wire import Json

_CURL = """\
{{ printf %s {head}; base64 < {file} | tr -d '\\n'; printf %s '"}}}}'; }} |
  curl -s {url}/runsync -d @- -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer ${{RUNPOD_API_KEY:-any}}"
"""
_PYTHON = """\
from speech_endpoints import {client}

with {client}({url}) as endpoint:
    result = endpoint.run({arguments})
print(result.model_dump_json(indent=2))
"""


def calls(task: Task, url: str, file: str, options: Json) -> dict[str, str]:
    """The call, by the names of the ways.

    Args:
        task: what is asked.
        url: of the endpoint.
        file: the recording's name.
        options: of the service, as they were given.
    """
    found = {"curl": _curl(task, url, file, options)}
    if task.client:
        arguments = [_python(file), *(f"{name}={_python(of)}" for name, of in options.items())]
        found["Python"] = _PYTHON.format(
            client=task.client, url=_python(url), arguments=", ".join(arguments)
        )
    if task.verb:
        words = ["speech", task.verb, _safe(file), "--endpoint", url, *_flags(options)]
        found["speech"] = shlex.join(words) + "\n"
    return found


def _curl(task: Task, url: str, file: str, options: Json) -> str:
    asked = task.asked(options)
    head = json.dumps(asked, ensure_ascii=False)[:-1] + (", " if asked else "")
    head = shlex.quote(f'{{"input": {head}"audio_base64": "')
    return _CURL.format(head=head, file=shlex.quote(_safe(file)), url=shlex.quote(url))


def _python(value: object) -> str:
    """A literal, its strings in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _flags(options: Mapping[str, object]) -> Iterator[str]:
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield from (f"--{flag}", str(value))


def _safe(file: str) -> str:
    """A name that no program takes for an option."""
    return f"./{file}" if file.startswith("-") else file
