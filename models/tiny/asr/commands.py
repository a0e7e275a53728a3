"""Makes the demo recording of the recogniser: commands in two languages, the truth beside it.

    python -m models.tiny.asr.commands [--folder samples]

Writes ``commands.flac`` (16 kHz, mono) and ``commands.json``: one object per line with ``start``
and ``end`` in seconds, ``language``, ``text``, and each word's times. Needs espeak-ng.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.tiny.asr.spoken import say
from models.tiny.asr.words import Language, units
from models.tiny.sound.acoustics import Samples, decibels_to_gain, set_level, unit
from models.tiny.sound.noise import coloured
from models.tiny.sound.synthesis import Voice
from shared.audio import SAMPLE_RATE

# Voices that the tiny weights were not trained on.
VOICES: dict[Language, Voice] = {
    "en": Voice("espeak", "en-us+m7", words_per_minute=160),
    "zh": Voice("espeak", "cmn+Alicia", words_per_minute=150),
}
LINES: tuple[tuple[float, Language, str], ...] = (
    (0.5, "en", "hello please turn on kitchen light"),
    (1.4, "zh", "打开 客厅 空调"),
    (1.5, "en", "call four two seven one"),
    (1.4, "zh", "今天 天气"),
    (1.4, "en", "play music"),
    (1.4, "zh", "音量 大声 谢谢"),
)
"""Seconds of quiet before a line, its language, and its words."""

QUIET_AT_END = 0.8  # seconds
NOISE_DB = -46.0  # below the speech


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("samples"))
    folder: Path = parser.parse_args().folder
    samples, lines = compose(np.random.default_rng(0))
    soundfile.write(folder / "commands.flac", samples, SAMPLE_RATE, subtype="PCM_16")
    truth = json.dumps(lines, indent=2, ensure_ascii=False)
    (folder / "commands.json").write_text(truth + "\n", encoding="utf-8")


def compose(rng: np.random.Generator) -> tuple[Samples, list[dict[str, Any]]]:
    """Speak the lines over light noise, and note where each word begins and ends."""
    parts: list[Samples] = []
    lines: list[dict[str, Any]] = []
    at = 0
    for pause, language, text in LINES:
        said = units(text.split(), language)
        joints = [" "] * len(said) if language == "en" else [""] * len(said)
        spoken = say(VOICES[language], said, joints)
        quiet = np.zeros(int(pause * SAMPLE_RATE), np.float32)
        spans = np.round(spoken.spans + (at + quiet.size) / SAMPLE_RATE, 3).tolist()
        words = [
            {"text": word, "start": start, "end": end}
            for word, (start, end) in zip(said, spans, strict=True)
        ]
        line = {"start": spans[0][0], "end": spans[-1][1], "language": language, "text": text}
        lines.append({**line, "words": words})
        parts += [quiet, unit(spoken.samples)]
        at += quiet.size + spoken.samples.size
    dry = np.concatenate([*parts, np.zeros(int(QUIET_AT_END * SAMPLE_RATE), np.float32)])
    noise = coloured(rng, dry.size, 1.0) * decibels_to_gain(NOISE_DB)
    return set_level(dry + noise, -9.0), lines


if __name__ == "__main__":
    main()
