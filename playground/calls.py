"""The job of the page as others send it: with curl, from Python, with the command ``speech``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from playground.tasks import BUNDLE, Asked
from speech_endpoints.wire import Json

_CURL = """\
{{ {body}; }} |
  curl -s {url}/runsync -d @- -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer ${{RUNPOD_API_KEY:-any}}"
"""
_FILE = "\0"  # stands for a file's content
_PYTHON = """\
from speech_endpoints import {client}

with {client}({url}) as endpoint:
    result = endpoint.{run}({arguments})
print(result.model_dump_json(indent=2, exclude_unset=True))
"""


def calls(asked: Asked, file: str, options: Json, voices: Mapping[str, str]) -> dict[str, str]:
    """The call, by the names of the ways.

    Args:
        asked: what is asked, and where.
        file: the recording's name.
        options: of the service, as they were given.
        voices: the names of known speakers' recordings, by theirs.

    Raises:
        InvalidInput: the service does not take them.
    """
    return {
        "curl": _curl(asked, file, options, voices),
        "Python": _python(asked, file, {**options, **_known(dict(voices))}),
        "speech": _speech(asked, file, options, voices),
    }


def _curl(asked: Asked, file: str, options: Json, voices: Mapping[str, str]) -> str:
    known = [{"name": name, "audio_base64": _FILE} for name in voices]
    sent = {**asked.endpoint.check({**options, **_known(known)}), "audio_base64": _FILE}
    texts = json.dumps({"input": sent}, ensure_ascii=False).split(json.dumps(_FILE)[1:-1])
    steps = [f"printf %s {shlex.quote(texts[0])}"]
    for name, text in zip([*voices.values(), file], texts[1:], strict=False):
        steps.append(f"base64 < {shlex.quote(_safe(name))} | tr -d '\\n'")
        steps.append(f"printf %s {shlex.quote(text)}")
    return _CURL.format(body="; ".join(steps), url=shlex.quote(asked.endpoint.url))


def _python(asked: Asked, file: str, options: Json) -> str:
    client, run = asked.task.client, "run"
    if asked.service == BUNDLE:
        client, run = "Bundle", asked.task.verb
    named = (f"{name}={_literal(value)}" for name, value in options.items())
    arguments = ", ".join([_literal(file), *named])
    where = _literal(asked.endpoint.url)
    return _PYTHON.format(client=client, url=where, run=run, arguments=arguments)


def _speech(asked: Asked, file: str, options: Json, voices: Mapping[str, str]) -> str:
    words = ["speech", asked.task.verb, _safe(file), "--endpoint", asked.endpoint.url]
    if asked.service == BUNDLE and asked.task.kind.service != BUNDLE:
        words.append("--bundle")
    for name, voice in voices.items():
        words += ["--known", f"{name}={voice}"]
    return shlex.join([*words, *_flags(options)]) + "\n"


def _flags(options: Json) -> Iterator[str]:
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield from (f"--{flag}", str(value))


def _known(voices: object) -> Json:
    return {"known_speakers": voices} if voices else {}


def _literal(value: object) -> str:
    """As Python has it, strings in double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _safe(file: str) -> str:
    """A name that no program takes for an option."""
    return f"./{file}" if file.startswith("-") else file
