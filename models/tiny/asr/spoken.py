"""Speech with the place of each word in it, from what the synthesisers tell.

espeak-ng's library marks where a word begins (in Mandarin, a character), flite's command prints the
end of each phone. A word lasts until the next one begins, less the silence at either edge.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from models.tiny.sound.acoustics import Samples
from models.tiny.sound.espeak import espeak
from models.tiny.sound.labels import FRAME, QUIETEST_DB
from models.tiny.sound.synthesis import Voice
from shared.audio import SAMPLE_RATE

Spans = NDArray[np.float64]
"""Start and end of each unit in seconds, of shape ``(units, 2)``."""

PHONES_OF = "kal16"  # all flite voices share a lexicon; this one is the quickest


class Unspoken(Exception):
    """The synthesiser left a word out, or does not tell where it is."""


@dataclass(frozen=True)
class Spoken:
    """A phrase and where its units are."""

    samples: Samples
    spans: Spans


def say(voice: Voice, units: Sequence[str], joints: Sequence[str]) -> Spoken:
    """Says units in one go, trimmed to the first and last sound.

    Args:
        voice: who speaks.
        units: words, or in Mandarin characters.
        joints: the text after each unit: a space, a comma, nothing.

    Raises:
        Unspoken: the voice cannot say this, or not so that each unit has its place.
        FileNotFoundError: flite is not installed (for espeak-ng, OSError).
    """
    make = _say_espeak if voice.engine == "espeak" else _say_flite
    samples, rate, borders = make(voice, units, joints)
    scaled = soxr.resample(
        samples.astype(np.float32) / 32768, rate * voice.scale, SAMPLE_RATE, quality="HQ"
    )
    borders = [border / (rate * voice.scale) for border in borders]
    spans = np.array(
        [_trim(scaled, start, end) for start, end in pairwise([*borders, len(scaled) / 16000])]
    )
    first, last = spans[0, 0], spans[-1, 1]
    cut = scaled[round(first * SAMPLE_RATE) : round(last * SAMPLE_RATE)]
    return Spoken(cut, spans - first)


def glue(parts: Sequence[Spoken], gaps: Sequence[float]) -> Spoken:
    """Phrases one after the other, with digital silence of ``gaps`` seconds after each."""
    pieces: list[Samples] = []
    spans, at = [], 0
    for part, gap in zip(parts, gaps, strict=True):
        silence = np.zeros(round(gap * SAMPLE_RATE), np.float32)
        pieces += [part.samples, silence]
        spans.append(part.spans + at / SAMPLE_RATE)
        at += part.samples.size + silence.size
    return Spoken(np.concatenate(pieces), np.concatenate(spans))


def _say_espeak(
    voice: Voice, units: Sequence[str], joints: Sequence[str]
) -> tuple[NDArray[np.int16], int, list[float]]:
    text = "".join(unit + joint for unit, joint in zip(units, joints, strict=True))
    sizes = [len(unit) + len(joint) for unit, joint in zip(units, joints, strict=True)]
    marked = espeak().speak(text, voice.name, voice.words_per_minute, voice.pitch)
    begins = dict(marked.words)
    try:
        borders = [float(begins[place]) for place in accumulate([0, *sizes[:-1]])]
    except KeyError:
        raise Unspoken(text) from None
    return marked.samples, marked.rate, borders


def _say_flite(
    voice: Voice, units: Sequence[str], joints: Sequence[str]
) -> tuple[NDArray[np.int16], int, list[float]]:
    text = "".join(unit + joint for unit, joint in zip(units, joints, strict=True))
    samples, rate, phones = _run_flite(voice.name, text, 170 / voice.words_per_minute)
    starts = [start for (_, start), (name, _) in pairwise([("", 0.0), *phones]) if name != "pau"]
    counts = [_count_phones(unit) for unit in units]
    if sum(counts) != len(starts):
        raise Unspoken(text)
    return samples, rate, [starts[index] * rate for index in accumulate([0, *counts[:-1]])]


@cache
def _count_phones(word: str) -> int:
    return sum(name != "pau" for name, _ in _run_flite(PHONES_OF, word, 1.0)[2])


def _run_flite(
    name: str, text: str, stretch: float
) -> tuple[NDArray[np.int16], int, list[tuple[str, float]]]:
    """Samples, their rate, and each phone with its end in seconds."""
    program = shutil.which("flite")
    if program is None:
        raise FileNotFoundError("flite is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        shown = subprocess.run(
            [program, "-voice", name, "--setf", f"duration_stretch={stretch:.3f}", "-psdur",
             "-t", text, "-o", path],
            capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        samples, rate = soundfile.read(path, dtype="int16")
    phones = [phone.rpartition(":") for phone in shown.split()]
    return samples, rate, [(phone, float(end)) for phone, _, end in phones]


def _trim(samples: Samples, start: float, end: float) -> tuple[float, float]:
    """The stretch in which frames of 10 ms are loud enough to be heard, in seconds."""
    loud = float(np.quantile(np.square(samples), 0.95))
    first = round(start * SAMPLE_RATE)
    inside = samples[first : round(end * SAMPLE_RATE)]
    frames = inside[: inside.size // FRAME * FRAME].reshape(-1, FRAME)
    energies = np.mean(np.square(frames), axis=1)
    (sounding,) = np.nonzero(energies > max(loud * 10 ** (QUIETEST_DB / 10), 1e-10))
    if not sounding.size:
        raise Unspoken("a unit has no sound")
    begin = first / SAMPLE_RATE
    return begin + sounding[0] / 100, begin + (sounding[-1] + 1) / 100
