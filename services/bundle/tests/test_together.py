"""Jobs that are in work at once are answered as they are one by one, whatever their neighbours."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Sequence
from typing import Any

import pytest
import soundfile

from services.bundle.contract import BundleRequest
from services.bundle.engines import Bundle
from services.bundle.handler import SERVICE
from services.bundle.tests.conftest import AUDIO
from shared.worker.stream import StreamHandler
from tools.workspace import COMMANDS


def clip(start_s: float, end_s: float) -> str:
    """A part of the bundled commands."""
    samples, rate = soundfile.read(COMMANDS)
    file = io.BytesIO()
    soundfile.write(file, samples[int(start_s * rate) : int(end_s * rate)], rate, format="FLAC")
    return base64.b64encode(file.getvalue()).decode()


JOBS: list[dict[str, Any]] = [
    *({"task": "vad", "audio": clip(n, n + 2)} for n in range(8)),
    *({"task": "asr", "audio": clip(n, n + 2 + n % 3), "timestamps": "word"} for n in range(8)),
    {"task": "asr", "audio": AUDIO, "stream": True},
    {"task": "asr", "audio": AUDIO, "language": "zh", "use_itn": False},
    *({"task": "diarization", "audio": clip(0, 6 + n), "return_embeddings": True} for n in (1, 3)),
    {"task": "diarization", "audio": AUDIO, "num_speakers": 1},
    {"task": "transcribe", "audio": AUDIO},
    {"task": "transcribe", "audio": AUDIO, "known_speakers": [{"name": "A", "audio": clip(0, 5)}]},
    {"task": "asr", "audio": AUDIO, "language": "xx"},
    {"task": "vad", "audio": "aGVsbG8="},
]


def test_answers_are_those_of_jobs_that_are_alone(bundle: Bundle) -> None:
    handler: StreamHandler[BundleRequest] = StreamHandler(SERVICE, bundle, {})

    async def answer(job: dict[str, Any]) -> list[dict[str, Any]]:
        return [item async for item in handler.stream({"id": "test", "input": job})]

    async def one_by_one() -> list[list[dict[str, Any]]]:
        return [await answer(job) for job in JOBS]

    async def at_once() -> Sequence[list[dict[str, Any]]]:
        return await asyncio.gather(*map(answer, JOBS))

    alone = asyncio.run(one_by_one())
    assert [("error" in items[-1]) for items in alone] == [False] * (len(JOBS) - 2) + [True] * 2
    for _ in range(3):
        for mine, theirs in zip(asyncio.run(at_once()), alone, strict=True):
            assert_same(mine, theirs)


def assert_same(mine: object, theirs: object) -> None:
    """Equal but for timings; numbers that were computed are close."""
    if isinstance(theirs, dict):
        assert isinstance(mine, dict)
        assert mine.keys() == theirs.keys()
        for name in theirs.keys() - {"timings"}:
            assert_same(mine[name], theirs[name])
    elif isinstance(theirs, list):
        assert isinstance(mine, list)
        assert len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            assert_same(one, other)
    elif isinstance(theirs, float):
        assert mine == pytest.approx(theirs, rel=1e-2, abs=2e-3)  # rounded
    else:
        assert mine == theirs
