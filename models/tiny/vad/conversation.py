"""Makes the demo recording: two synthetic voices talking, and the exact truth beside it.

    python -m models.tiny.vad.conversation [--folder samples]

Writes ``conversation.flac`` (16 kHz, mono) and ``conversation.json``: one object per turn with
``start`` and ``end`` in seconds, ``speaker`` and ``text``. Needs flite.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from models.tiny.sound.acoustics import Samples, decibels_to_gain, set_level, unit
from models.tiny.sound.labels import FRAME, label_speech
from models.tiny.sound.noise import coloured
from models.tiny.sound.synthesis import Utterance, Voice, speak
from shared.audio import SAMPLE_RATE

VOICES = {
    "SPEAKER_00": Voice("flite", "slt", words_per_minute=185),
    "SPEAKER_01": Voice("flite", "rms", words_per_minute=180, scale=0.97),
}
LINES = (
    (0.4, "SPEAKER_00", "Good morning. Did you find the recording?"),
    (0.4, "SPEAKER_01", "Yes, it was on the old tape in the cellar."),
    (1.3, "SPEAKER_00", "Wonderful. How long is it?"),
    (1.4, "SPEAKER_01", "Twenty minutes, and most of it is silence."),
    (0.3, "SPEAKER_00", "Then let the machine find the speech for us."),
    (1.2, "SPEAKER_01", "I was hoping you would say that."),
)
"""Seconds of quiet before a line, who says it, and the line."""

QUIET_AT_END = 0.8  # seconds
NOISE_DB = -46.0  # below the speech


@dataclass(frozen=True)
class Turn:
    """One turn and where it is, in seconds."""

    start: float
    end: float
    speaker: str
    text: str


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("samples"))
    folder: Path = parser.parse_args().folder
    samples, turns = compose(np.random.default_rng(0))
    soundfile.write(folder / "conversation.flac", samples, SAMPLE_RATE, subtype="PCM_16")
    truth = json.dumps([asdict(turn) for turn in turns], indent=2, ensure_ascii=False)
    (folder / "conversation.json").write_text(truth + "\n", encoding="utf-8")


def compose(rng: np.random.Generator) -> tuple[Samples, list[Turn]]:
    """Speak the lines over light noise, and note where each one begins and ends."""
    parts: list[Samples] = []
    turns: list[Turn] = []
    at = 0
    for pause, speaker, text in LINES:
        spoken = unit(speak(Utterance(text, VOICES[speaker])))
        (speech,) = np.nonzero(label_speech(spoken))
        quiet = np.zeros(int(pause * SAMPLE_RATE), np.float32)
        begin = at + quiet.size
        first, last = (begin + int(frame) * FRAME for frame in (speech[0], speech[-1] + 1))
        turns.append(Turn(_seconds(first), _seconds(last), speaker, text))
        parts += [quiet, spoken]
        at = begin + spoken.size
    dry = np.concatenate([*parts, np.zeros(int(QUIET_AT_END * SAMPLE_RATE), np.float32)])
    noise = coloured(rng, dry.size, 1.0) * decibels_to_gain(NOISE_DB)
    return set_level(dry + noise, -9.0), turns


def _seconds(samples: int) -> float:
    return round(samples / SAMPLE_RATE, 3)


if __name__ == "__main__":
    main()
