"""OpenAI's own client gets its transcriptions from an endpoint; only its base URL is another."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI

from runpod_emulator.faults import Fault
from speech_endpoints import ASR
from speech_endpoints.vendored.services.asr.contract import ASRResult
from tests.client.conftest import Service
from tests.client.gateway import Gateway, gateway
from tools.workspace import COMMANDS


@pytest.fixture(scope="module")
def up(asr: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(asr.url, tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture
def client(up: Gateway) -> Iterator[OpenAI]:
    with OpenAI(base_url=up.url, api_key="any") as found:
        yield found


@pytest.fixture(scope="module")
def expected(asr: Service) -> ASRResult:
    with ASR(asr.url) as endpoint:
        return endpoint.run(COMMANDS, timestamps="word", format="srt")


def test_a_file_becomes_its_text(client: OpenAI, expected: ASRResult) -> None:
    with COMMANDS.open("rb") as file:
        found = client.audio.transcriptions.create(model="whisper-1", file=file)
    assert found.text == expected.text
    assert found.usage is not None
    assert found.usage.model_dump() == {"type": "duration", "seconds": 21.0}


@pytest.mark.parametrize("form", ["text", "srt", "vtt"])
def test_a_file_becomes_text_or_subtitles(client: OpenAI, expected: ASRResult, form: str) -> None:
    found = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=COMMANDS, response_format=form,  # type: ignore[call-overload]
        temperature=0.2, prompt="Kitchen.",
    )  # fmt: skip
    match form:
        case "text":
            assert found == f"{expected.text}\n"
        case "srt":
            assert found == expected.formatted
        case "vtt":
            assert found.startswith("WEBVTT\n")


def test_the_text_has_its_times(client: OpenAI, expected: ASRResult) -> None:
    found = client.audio.transcriptions.create(
        model="whisper-1", file=COMMANDS, response_format="verbose_json",
        timestamp_granularities=["segment", "word"], language="en",
    )  # fmt: skip
    assert found.segments is not None
    assert found.words is not None
    assert [(s.id, s.start, s.end) for s in found.segments] == [
        (number, segment.start, segment.end) for number, segment in enumerate(expected.segments)
    ]
    assert found.words[0].start == found.segments[0].start
    assert found.duration == pytest.approx(20.94, abs=0.01)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [(["segment"], {"segments"}), (["word"], {"words"}), (None, {"segments"})],
)
def test_times_are_those_that_were_asked_for(
    client: OpenAI, wanted: list[str] | None, holds: set[str]
) -> None:
    given = {"timestamp_granularities": wanted} if wanted else {}
    found = client.audio.transcriptions.create(
        model="whisper-1", file=COMMANDS, response_format="verbose_json", **given
    )  # type: ignore[call-overload]
    assert {name for name in ("segments", "words") if getattr(found, name) is not None} == holds


def test_sentences_come_as_they_are_recognised(client: OpenAI, expected: ASRResult) -> None:
    with client.audio.transcriptions.create(model="any", file=COMMANDS, stream=True) as stream:
        *deltas, last = stream
    assert len(deltas) == 6
    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert last.type == "transcript.text.done"
    assert "".join(getattr(event, "delta", "") for event in deltas) == last.text == expected.text


def test_models_are_listed(client: OpenAI) -> None:
    (model,) = client.models.list()
    assert client.models.retrieve(model.id) == model
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("whisper-1")
    assert caught.value.code == "model_not_found"


def test_a_mistake_is_named_and_costs_no_job(client: OpenAI, asr: Service) -> None:
    before = len(asr.jobs())
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="any", file=COMMANDS, language="tlh")
    error = caught.value
    assert (error.code, error.param) == ("unsupported_language", "language")
    assert error.type == "invalid_request_error"
    assert len(asr.jobs()) == before


def test_what_is_no_audio_is_the_callers_mistake(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="any", file=("a.wav", b"no audio at all"))
    assert (caught.value.code, caught.value.param) == ("decode_failed", "file")
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(
            model="any", file=("a.wav", b"no audio at all"), stream=True
        )
    assert caught.value.code == "decode_failed"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("runsync", status=401), 502, "not_authorised"),
        (Fault("runsync", status=404), 502, "endpoint_not_found"),
        (Fault("runsync", status=502), 502, "outcome_unknown"),
        (Fault("job-done", oversized=True, limit=1), 502, "result_lost"),
    ],
)
def test_a_failure_of_the_endpoint_is_not_tried_again_by_the_client(
    client: OpenAI, asr: Service, fault: Fault, status: int, code: str
) -> None:
    since = len(asr.events)
    with asr.going_wrong(fault), pytest.raises(openai.InternalServerError) as caught:
        client.audio.transcriptions.create(model="any", file=COMMANDS)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.type == "server_error"
    assert asr.routes(since).count("runsync") == 1


def test_an_error_in_the_middle_of_a_stream_is_raised(client: OpenAI, asr: Service) -> None:
    broken = Fault("stream", status=401, nth=(4, 5, 6, 7, 8))
    late = Fault("job-done", delay_s=3.0)
    with (
        asr.going_wrong(broken, late), pytest.raises(openai.APIError) as caught,
        client.audio.transcriptions.create(model="any", file=COMMANDS, stream=True) as stream,
    ):  # fmt: skip
        list(stream)
    assert caught.value.code == "not_authorised"


def test_whoever_leaves_a_stream_cancels_the_job(client: OpenAI, asr: Service) -> None:
    with (
        asr.going_wrong(Fault("job-done", delay_s=10.0)),
        client.audio.transcriptions.create(model="any", file=COMMANDS, stream=True) as stream,
    ):
        next(stream)
    assert asr.result(asr.jobs()[-1]["id"])["status"] == "CANCELLED"
