"""Each task answers as its own service does, in one item, over models that are there once."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import pytest

from services.bundle.engines import Bundle
from services.bundle.handler import SERVICE
from services.bundle.tests.conftest import AUDIO, Ask
from shared.worker.job import JobHandler
from shared.worker.start import load
from tools.workspace import TINY_MODELS

JOBS: dict[str, dict[str, Any]] = {
    "vad": {"audio": AUDIO, "format": "rttm", "return_scores": True},
    "diarization": {"audios": [AUDIO, "aGVsbG8="], "return_embeddings": True},
    "asr": {"audio": AUDIO, "timestamps": "word", "format": "verbose_json"},
}


WHO = {"task": "transcribe", "audio": AUDIO}


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on when and by whom it was answered."""
    if "results" in answer:
        return {"results": [without_times(one) for one in answer["results"]]}
    return {name: value for name, value in answer.items() if name not in ("timings", "service")}


@pytest.mark.parametrize("task", JOBS)
def test_the_result_is_exactly_the_services_own(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))
    single = importlib.import_module(f"services.{task}.handler").SERVICE
    job = {"id": "test", "input": JOBS[task]}
    own = asyncio.run(JobHandler(single, load(single)).handle(job))
    (ours,) = ask(task=task, **JOBS[task])
    assert "error" not in ours
    assert without_times(ours) == without_times(own)


def test_a_result_says_which_service_gave_it(ask: Ask) -> None:
    (found,) = ask(task="vad", audio=AUDIO)
    assert found["service"] == {"name": "bundle", "version": SERVICE.spec.version}


def test_asr_gives_segments_as_they_are_done_if_it_is_asked_to(ask: Ask) -> None:
    *segments, result = ask(task="asr", audio=AUDIO, stream=True)
    assert len(segments) >= 4
    assert segments == result["segments"]


def test_several_recordings_of_one_job_are_answered_in_order(ask: Ask) -> None:
    (found,) = ask(task="transcribe", audios=[AUDIO, "aGVsbG8=", {"audio_base64": AUDIO}])
    first, second, third = found["results"]
    assert first["segments"] == third["segments"]
    assert second["error"].startswith("decode_failed: ")


@pytest.mark.parametrize(
    ("job", "error"),
    [
        ({"audio": AUDIO}, "invalid_input: task: give vad, "),
        ({"task": "asr"}, "invalid_input: give exactly one of audio_url, "),
        ({"task": "transcribe", "audio": "aGVsbG8="}, "decode_failed: "),
        ({"task": "transcribe", "audio": AUDIO, "language": "ko", "num_speakers": 99},
         "invalid_input: num_speakers: "),
        ({**WHO, "known_speakers": [{"name": "A", "audio": "aGVs"}]},
         "decode_failed: voice 1: "),
        ({**WHO, "known_speakers": [{"name": "A", "embedding": [9]}]},
         "invalid_input: known_speakers: "),
        ({"task": "vad", "audio_url": "https://127.0.0.1/x"}, "fetch_failed: "),
    ],
)  # fmt: skip
def test_bad_input_is_one_typed_error(ask: Ask, job: dict[str, Any], error: str) -> None:
    (found,) = ask(job)
    assert found["error"].startswith(error)


def test_the_models_are_there_once(bundle: Bundle) -> None:
    detector, diarizer, recognizer, transcriber = (
        bundle._engine(task) for task in ("vad", "diarization", "asr", "transcribe")
    )
    vads: Any = (detector, diarizer, recognizer, transcriber)
    assert len({id(engine._vad) for engine in vads}) == 1
    both: Any = transcriber
    assert both._diarizer._net is vads[1]._net
    assert both._recognizer._model is vads[2]._model
