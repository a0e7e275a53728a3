"""What a caller asks of a service, checked before it is sent: a mistake costs no job."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import ValidationError

from speech_endpoints.audio import Audio, Fit, parts_of
from speech_endpoints.jobs import RUNSYNC_BYTES
from speech_endpoints.vendored.shared.contract import AudioRequest
from speech_endpoints.vendored.shared.errors import InvalidInput
from speech_endpoints.wire import Json

_SOURCES = {"audio_url", "audio_base64", "audio", "audios"}
_WRAPPING = 2_000  # bytes of a request besides its audio and its options


def checked(contract: type[AudioRequest], options: Mapping[str, object]) -> Json:
    """The options of a service as it takes them.

    Raises:
        InvalidInput: there is no such option, or its value is not one that it takes.
    """
    if named := _SOURCES & options.keys():
        raise InvalidInput(
            f"{', '.join(sorted(named))}: the audio is given by itself, not as an option"
        )
    try:
        request = contract.model_validate({"audio_base64": "AAAA", **options})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise InvalidInput(f"there is no option {place}") from None
        reason = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{place}: {reason}" if place else reason) from None
    return request.model_dump(mode="json", exclude_unset=True, exclude=_SOURCES)


def room(limit: int, options: Json) -> int:
    """Bytes of audio that fit into a request beside its options."""
    return max(0, limit - _WRAPPING - len(json.dumps(options))) // 4 * 3


def with_voices(options: Mapping[str, object]) -> Mapping[str, object]:
    """The options, with ``known_speakers`` as the service takes them if they are a mapping.

    Raises:
        SpeechError: see ``known_speakers``.
    """
    voices = options.get("known_speakers")
    if isinstance(voices, Mapping):
        return {**options, "known_speakers": known_speakers(voices)}
    return options


def known_speakers(voices: Mapping[str, Audio | list[float]]) -> list[Json]:
    """Voices by name, each a recording of it or its embedding, as the service takes them.

    Raises:
        SpeechError: see ``parts_of``.
    """
    fit = Fit(RUNSYNC_BYTES // 20, "opus", parts=False)
    return [
        {"name": name, "embedding": voice}
        if isinstance(voice, list)
        else {"name": name, **next(parts_of(voice, fit)).input}
        for name, voice in voices.items()
    ]
