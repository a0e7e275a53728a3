"""OpenAI's own client is told who spoke, by a bundle or by two endpoints."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import soundfile
from openai import OpenAI
from openai.types.audio import TranscriptionDiarized

from speech_endpoints import Bundle
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult
from tests.client.conftest import Service
from tests.client.gateway import gateway
from tools.workspace import COMMANDS

ASKED: dict[str, Any] = {
    "model": "gpt-4o-transcribe-diarize",
    "response_format": "diarized_json",
    "chunking_strategy": "auto",
}


@pytest.fixture(scope="module", params=["bundle", "two endpoints"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenAI]:
    def url(name: str) -> str:
        service: Service = request.getfixturevalue(name)
        return service.url

    if request.param == "bundle":
        endpoint, *options = url("bundle"), "--bundle"
    else:
        endpoint, *options = url("asr"), "--diarization-endpoint", url("diarization")
    folder = tmp_path_factory.mktemp("gateway") / "up"
    with (
        gateway(endpoint, folder, *options) as up,
        OpenAI(base_url=up.url, api_key="any") as found,
    ):
        yield found


@pytest.fixture(scope="module")
def expected(bundle: Service, dialogue: Path) -> TranscribeResult:
    with Bundle(bundle.url) as endpoint:
        return endpoint.transcribe(dialogue)


@pytest.fixture(scope="module")
def ada(
    expected: TranscribeResult, dialogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The second speaker's voice, as a data URL."""
    second = expected.speakers[1].label
    turn = max((t for t in expected.turns if t.speaker == second), key=lambda t: t.end - t.start)
    samples, rate = soundfile.read(dialogue)
    path = tmp_path_factory.mktemp("voice") / "ada.wav"
    soundfile.write(path, samples[int(turn.start * rate) : int(turn.end * rate)], rate)
    return f"data:audio/wav;base64,{base64.b64encode(path.read_bytes()).decode()}"


def test_each_segment_has_its_speaker(
    client: OpenAI, expected: TranscribeResult, dialogue: Path
) -> None:
    with dialogue.open("rb") as file:
        found = client.audio.transcriptions.create(**ASKED, file=file)
    assert isinstance(found, TranscriptionDiarized)
    assert (found.task, found.text, found.duration) == (
        "transcribe", expected.text, expected.duration_s,
    )  # fmt: skip
    assert {segment.type for segment in found.segments} == {"transcript.text.segment"}
    assert len({segment.id for segment in found.segments}) == len(expected.segments)
    letters = dict(zip((one.label for one in expected.speakers), "ABCDEF", strict=False))
    assert [(s.start, s.end, s.text, s.speaker) for s in found.segments] == [
        (s.start, s.end, s.text, letters[s.speaker or ""]) for s in expected.segments
    ]
    assert {"A", "B"} <= {segment.speaker for segment in found.segments}
    assert found.usage is not None
    assert found.usage.type == "duration"


def test_a_known_voice_has_its_name_and_others_have_letters(
    client: OpenAI, expected: TranscribeResult, dialogue: Path, ada: str
) -> None:
    found = client.audio.transcriptions.create(
        **ASKED, file=dialogue, known_speaker_names=["Ada"], known_speaker_references=[ada]
    )
    first, second, *_ = (one.label for one in expected.speakers)
    names = {mine.speaker: theirs.speaker for mine, theirs in zip(
        expected.segments, found.segments, strict=True
    )}  # fmt: skip
    assert (names[first], names[second]) == ("A", "Ada")


def test_segments_can_be_streamed(
    client: OpenAI, expected: TranscribeResult, dialogue: Path
) -> None:
    with client.audio.transcriptions.create(**ASKED, file=dialogue, stream=True) as stream:
        *segments, last = stream
    assert {event.type for event in segments} == {"transcript.text.segment"}
    assert [getattr(event, "text", "") for event in segments] == [
        segment.text for segment in expected.segments
    ]
    assert last.type == "transcript.text.done"
    assert last.text == expected.text


def test_silence_has_no_segments(client: OpenAI, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", [0.0] * 16_000, 16_000)
    found = client.audio.transcriptions.create(**ASKED, file=tmp_path / "silence.wav")
    assert (found.text, found.segments, found.duration) == ("", [], 1.0)


VOICE = f"data:audio/wav;base64,{base64.b64encode(COMMANDS.read_bytes()).decode()}"


@pytest.mark.parametrize(
    ("voices", "param"),
    [
        ({"known_speaker_names": ["Ada"]}, "known_speaker_references"),
        ({"known_speaker_references": [VOICE]}, "known_speaker_references"),
        ({"known_speaker_names": ["Ada"] * 2, "known_speaker_references": [VOICE] * 2},
         "known_speaker_names"),
        ({"known_speaker_names": [*"ABCDE"], "known_speaker_references": [VOICE] * 5},
         "known_speaker_names"),
        *(
            ({"known_speaker_names": [name], "known_speaker_references": [VOICE]},
             "known_speaker_names")
            for name in ("SPEAKER_07", "", "x" * 65)
        ),
        *(
            ({"known_speaker_names": ["Ada"], "known_speaker_references": [url]},
             "known_speaker_references")
            for url in ("https://example.com/ada.wav", "data:audio/wav;base64,", "data:,Ada",
                        "data:audio/wav;base64,?", "data:audio/wav;base64,é")
        ),
        ({"known_speaker_names": ["Ada"], "known_speaker_references": [VOICE],
          "response_format": "json"}, "known_speaker_names"),
        ({"known_speaker_references": [VOICE], "response_format": "json"},
         "known_speaker_references"),
    ],
)  # fmt: skip
def test_voices_that_cannot_be_known_are_named_and_cost_no_job(
    client: OpenAI, bundle: Service, asr: Service, voices: dict[str, Any], param: str
) -> None:
    before = len(bundle.jobs()) + len(asr.jobs())
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(**{**ASKED, **voices}, file=COMMANDS)
    assert (caught.value.code, caught.value.param) == ("invalid_value", param)
    assert len(bundle.jobs()) + len(asr.jobs()) == before


def test_a_gateway_that_tells_no_speakers_apart_says_how_to_start_one_that_does(
    asr: Service, tmp_path: Path
) -> None:
    before = len(asr.jobs())
    with (
        gateway(asr.url, tmp_path / "up") as up,
        OpenAI(base_url=up.url, api_key="any") as client,
    ):
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as caught:
                client.audio.transcriptions.create(**ASKED, file=COMMANDS, stream=stream)
            assert (caught.value.code, caught.value.param) == ("invalid_value", "response_format")
            assert "--diarization-endpoint" in caught.value.message
    assert len(asr.jobs()) == before
