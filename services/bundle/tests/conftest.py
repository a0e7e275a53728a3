"""The bundle with the tiny weights, asked through the real handler, and dialogues to transcribe."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from models.tiny.asr.spoken import Unspoken, say
from models.tiny.asr.utterances import draw_voice
from models.tiny.asr.words import Language, draw_words, units
from models.tiny.sound.acoustics import Samples, unit
from models.tiny.sound.synthesis import Voice
from services.bundle.contract import BundleRequest
from services.bundle.engines import Bundle
from services.bundle.handler import SERVICE
from shared.audio import SAMPLE_RATE
from shared.worker.stream import StreamHandler
from tools.workspace import COMMANDS, TINY_MODELS

Ask = Callable[..., list[dict[str, Any]]]
AUDIO = base64.b64encode(COMMANDS.read_bytes()).decode()


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The engine with the bundled weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(TINY_MODELS))
        return Bundle.load(SERVICE.spec)


@pytest.fixture(scope="session")
def ask(bundle: Bundle) -> Ask:
    """All that a job is answered with, as RunPod's SDK gets it."""
    handler: StreamHandler[BundleRequest] = StreamHandler(SERVICE, bundle, {})

    async def answers(job_input: object) -> list[dict[str, Any]]:
        return [item async for item in handler.stream({"id": "test", "input": job_input})]

    def answer(job_input: object = None, **fields: Any) -> list[dict[str, Any]]:
        return asyncio.run(answers(fields if job_input is None else job_input))

    return answer


@dataclass(frozen=True)
class Dialogue:
    """Two who speak in turn.

    Attributes:
        samples: mono audio at 16 kHz.
        said: of each word, where its middle is, in seconds, and who says it, 0 or 1.
    """

    samples: Samples
    said: list[tuple[float, int]]


def dialogue(seed: int, pause: float, lines: int = 6) -> Dialogue:
    """Commands by two voices that no weights were trained on, with short pauses between them.

    Skips where the synthesisers are not installed.
    """
    for program in ("espeak-ng", "flite"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    rng = np.random.default_rng(seed)
    language: Language = "en" if seed % 2 else "zh"
    voices = _two_voices(rng, language)
    parts = [np.zeros(SAMPLE_RATE // 2, np.float32)]
    said: list[tuple[float, int]] = []
    for line in range(lines):
        spoken = None
        while spoken is None:
            words = units([*draw_words(rng, language), *draw_words(rng, language)], language)
            try:
                spoken = say(voices[line % 2], words, [" "] * len(words))
            except Unspoken:
                continue
        at = sum(map(len, parts)) / SAMPLE_RATE
        said += [(float(middle), line % 2) for middle in spoken.spans.mean(axis=1) + at]
        quiet = np.zeros(round(pause * SAMPLE_RATE), np.float32)
        parts += [0.3 * unit(spoken.samples), quiet]
    return Dialogue(np.concatenate(parts).astype(np.float32), said)


def _two_voices(rng: np.random.Generator, language: Language) -> tuple[Voice, Voice]:
    first = second = draw_voice(rng, "heldout", language)
    while second.name == first.name:
        second = draw_voice(rng, "heldout", language)
    return first, second
