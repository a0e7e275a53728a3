"""A bundle is called for each of its tasks, and its results are those of the services."""

from __future__ import annotations

import anyio
import pytest

from speech_endpoints import ASR, VAD, AsyncBundle, Bundle, failures
from speech_endpoints.vendored.services.asr.contract import ASRResult
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult
from speech_endpoints.vendored.shared import errors
from tests.client.conftest import Service
from tools.workspace import COMMANDS, SAMPLE


def test_each_task_is_asked_of_one_endpoint_and_typed(bundle: Service) -> None:
    before = len(bundle.jobs())
    with Bundle(bundle.url) as endpoint:
        assert len(endpoint.vad(SAMPLE, pad_ms=10).segments) == 4
        assert endpoint.diarize(SAMPLE, max_speakers=4).num_speakers == 2
        assert "play music" in endpoint.asr(COMMANDS, language="auto").text
        said = endpoint.transcribe(COMMANDS, timestamps="word", format="srt")
    assert {segment.speaker for segment in said.segments} == {"SPEAKER_00", "SPEAKER_01"}
    assert said.segments[0].words is not None
    assert said.formatted is not None
    assert "SPEAKER_00: " in said.formatted
    asked = [job["input"] for job in bundle.jobs()[before:]]
    assert [one["task"] for one in asked] == ["vad", "diarization", "asr", "transcribe"]
    assert asked[0].keys() == {"task", "audio_base64", "pad_ms"}


def test_a_voice_is_known_by_its_recording(bundle: Service) -> None:
    with Bundle(bundle.url) as endpoint:
        said = endpoint.transcribe(COMMANDS, num_speakers=1, known_speakers={"Ada": str(COMMANDS)})
    assert {segment.speaker for segment in said.segments} == {"Ada"}


def test_sentences_come_as_they_are_recognised(bundle: Service) -> None:
    with Bundle(bundle.url) as endpoint:
        *segments, result = endpoint.stream(COMMANDS)
    assert isinstance(result, ASRResult)
    assert result.segments == segments
    assert len(segments) == 6


def test_a_bundle_is_awaited_too(bundle: Service) -> None:
    async def main() -> list[int]:
        found: list[int] = []
        async with AsyncBundle(bundle.url) as endpoint, anyio.create_task_group() as group:

            async def one() -> None:
                found.append((await endpoint.transcribe(COMMANDS)).num_speakers)

            for _ in range(3):
                group.start_soon(one)
            streamed = [item async for item in endpoint.stream(COMMANDS)]
            assert len(streamed) == 7
        return found

    assert anyio.run(main) == [2] * 3


def test_the_result_of_a_job_that_was_sent_before_is_its_tasks(bundle: Service) -> None:
    with Bundle(bundle.url) as endpoint:
        endpoint.transcribe(COMMANDS)
        endpoint.asr(COMMANDS)
        transcribed, recognised = (job["id"] for job in bundle.jobs()[-2:])
        assert isinstance(endpoint.result_of(transcribed), TranscribeResult)
        assert isinstance(endpoint.result_of(recognised, "asr"), ASRResult)
        assert endpoint.health()["workers"]


def test_a_mistake_costs_no_job(bundle: Service) -> None:
    before = len(bundle.jobs())
    with Bundle(bundle.url) as endpoint:
        with pytest.raises(errors.InvalidInput, match="there is no option stream"):
            endpoint.transcribe(COMMANDS, stream=True)
        with pytest.raises(errors.InvalidInput, match="there is no option task"):
            endpoint.vad(COMMANDS, task="asr")
        with pytest.raises(errors.InvalidInput, match="task: "):
            endpoint.transcribe(COMMANDS, task="asr")
        with pytest.raises(errors.InvalidInput, match="give num_speakers, or"):
            endpoint.transcribe(COMMANDS, num_speakers=2, max_speakers=3)
    assert len(bundle.jobs()) == before


def test_an_endpoint_of_the_other_kind_is_named_as_such(bundle: Service, vad: Service) -> None:
    with VAD(bundle.url) as endpoint, pytest.raises(failures.WrongEndpoint, match="is a bundle"):
        endpoint.run(SAMPLE)
    with ASR(bundle.url) as endpoint, pytest.raises(failures.WrongEndpoint, match="is a bundle"):
        list(endpoint.stream(SAMPLE))
    with Bundle(vad.url) as endpoint, pytest.raises(failures.WrongEndpoint, match="no bundle"):
        endpoint.vad(SAMPLE)
    with Bundle(vad.url) as endpoint, pytest.raises(failures.WrongEndpoint, match="no bundle"):
        endpoint.transcribe(SAMPLE, language="en", max_speakers=3)
