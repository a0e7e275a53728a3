"""Audio in whatever form goes in, a typed result or a typed error comes out."""

from __future__ import annotations

import base64
from pathlib import Path

import anyio
import numpy as np
import pytest
import soundfile

from speech_endpoints import ASR, VAD, AsyncVAD, Diarization, failures
from speech_endpoints.audio import Audio
from speech_endpoints.vendored.shared import errors
from tests.client.conftest import Service
from tools.loopback import served
from tools.workspace import COMMANDS, SAMPLE

SAMPLES, RATE = soundfile.read(SAMPLE, dtype="float32")


@pytest.mark.parametrize(
    "audio",
    [
        pytest.param(str(SAMPLE), id="path"),
        pytest.param(SAMPLE, id="Path"),
        pytest.param(SAMPLE.read_bytes(), id="bytes"),
        pytest.param((SAMPLES, RATE), id="floats"),
        pytest.param((np.round(SAMPLES * 32767).astype(np.int16), RATE), id="integers"),
        pytest.param((np.stack([SAMPLES, SAMPLES], axis=1), RATE), id="two channels"),
    ],
)
def test_every_kind_of_audio_is_answered(vad: Service, audio: Audio) -> None:
    with VAD(vad.url) as endpoint:
        result = endpoint.run(audio)
    assert result.duration_s == pytest.approx(20.3, abs=0.01)
    assert [round(segment.start) for segment in result.segments] == [0, 7, 10, 18]
    assert result.model.revision == "tiny-1"


def test_an_open_file_is_read_from_its_beginning_and_stays_open(vad: Service) -> None:
    with VAD(vad.url) as endpoint, SAMPLE.open("rb") as file:
        assert file.read(4) == b"fLaC"
        assert len(endpoint.run(file).segments) == len(endpoint.run(file).segments) == 4
        assert not file.closed
    with (
        VAD(vad.url) as endpoint, SAMPLE.open("r", encoding="latin-1") as text,
        pytest.raises(errors.InvalidInput, match="open binary file"),
    ):  # fmt: skip
        endpoint.run(text)  # type: ignore[arg-type]


def test_a_url_is_passed_on_and_fetched_by_the_worker(vad: Service) -> None:
    with served(SAMPLE) as url, VAD(vad.url) as endpoint:
        assert len(endpoint.run(url).segments) == 4
        assert vad.jobs()[-1]["input"] == {"audio_url": url}


def test_short_audio_takes_one_request_and_what_is_longer_is_asked_for(vad: Service) -> None:
    with VAD(vad.url) as endpoint:
        endpoint.run(SAMPLE)  # the worker is up
        since = len(vad.events)
        endpoint.run(SAMPLE)
        with served(SAMPLE) as url:
            endpoint.run(url)
    first, second, *more = vad.routes(since)
    assert (first, second) == ("runsync", "run")
    assert set(more) == {"status"}


def test_speakers_and_known_voices_are_typed(diarization: Service) -> None:
    with Diarization(diarization.url) as endpoint:
        found = endpoint.run(SAMPLE, return_embeddings=True)
        assert found.num_speakers == 2
        embedding = found.speakers[0].embedding
        assert embedding is not None
        named = endpoint.run(SAMPLE, known_speakers={"Ada": embedding})
        assert "Ada" in {speaker.label for speaker in named.speakers}
        heard = endpoint.run(SAMPLE, num_speakers=1, known_speakers={"All": str(SAMPLE)})
        assert [speaker.label for speaker in heard.speakers] == ["All"]


def test_the_list_that_a_recogniser_answers_with_is_unwrapped(asr: Service) -> None:
    with ASR(asr.url) as endpoint:
        result = endpoint.run(COMMANDS, timestamps="word", format="srt")
    assert result.segments[0].words is not None
    assert result.formatted is not None
    assert "-->" in result.formatted


def test_calls_can_be_awaited_many_at_a_time(vad: Service) -> None:
    async def main() -> list[int]:
        found: list[int] = []
        async with AsyncVAD(vad.url) as endpoint, anyio.create_task_group() as group:

            async def one() -> None:
                found.append(len((await endpoint.run(SAMPLE)).segments))

            for _ in range(5):
                group.start_soon(one)
        return found

    assert anyio.run(main) == [4] * 5


def test_a_services_error_has_its_own_type(vad: Service) -> None:
    with VAD(vad.url) as endpoint, pytest.raises(errors.DecodeFailed) as caught:
        endpoint.run(b"no audio at all")
    assert caught.value.code == "decode_failed"
    assert any(note.startswith("job ") for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("audio", "options", "told"),
    [
        (SAMPLE, {"pad": 3}, "there is no option pad"),
        (SAMPLE, {"pad_ms": -1}, "pad_ms: "),
        (SAMPLE, {"audio_url": "https://x"}, "the audio is given by itself"),
        (b"", {}, "the audio is empty"),
        ((np.zeros((2, 2, 2)), 16_000), {}, "shape"),
        ((np.zeros(9, np.int64), 16_000), {}, "16 bits"),
        ((np.array([np.nan]), 16_000), {}, "finite"),
        (7, {}, "audio is a path, a URL, bytes"),
    ],
)
def test_a_mistake_costs_no_job(
    vad: Service, audio: Audio, options: dict[str, object], told: str
) -> None:
    before = len(vad.jobs())
    with VAD(vad.url) as endpoint, pytest.raises(errors.InvalidInput, match=told):
        endpoint.run(audio, **options)
    assert len(vad.jobs()) == before


def test_a_file_that_is_not_there_is_named_by_its_reason_alone(
    vad: Service, tmp_path: Path
) -> None:
    with VAD(vad.url) as endpoint, pytest.raises(errors.SpeechError) as caught:
        endpoint.run(tmp_path / "secret.wav")
    assert (
        str(caught.value) == "file_unreadable: the file cannot be read: No such file or directory"
    )


def test_a_result_of_another_service_is_no_result(vad: Service) -> None:
    with ASR(vad.url) as endpoint, pytest.raises(failures.ResultLost, match="speech doctor"):
        endpoint.run(SAMPLE)


def test_a_request_holds_what_the_contract_says(vad: Service) -> None:
    with VAD(vad.url) as endpoint:
        endpoint.run(SAMPLE, max_end_silence_ms=300, channel="left")
    (asked,) = [vad.jobs()[-1]["input"]]
    assert base64.b64decode(asked.pop("audio_base64")) == SAMPLE.read_bytes()
    assert asked == {"max_end_silence_ms": 300, "channel": "left"}


def test_health_is_told(vad: Service) -> None:
    with VAD(vad.url) as endpoint:
        assert endpoint.health()["workers"]["running"] <= 1
