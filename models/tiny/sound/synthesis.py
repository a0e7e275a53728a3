"""Speech from espeak-ng and flite: who may speak, and how an utterance is rendered.

Both are formant or unit-selection synthesisers without a neural model, in Debian as ``espeak-ng``
and ``flite``. The same utterance always gives the same samples.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from models.tiny.sound.acoustics import Samples
from shared.audio import SAMPLE_RATE

Split = Literal["train", "heldout"]

SENTENCES = Path(__file__).with_name("sentences.toml")
FLITE: dict[Split, tuple[str, ...]] = {"train": ("awb", "kal16", "slt"), "heldout": ("rms",)}
VARIANTS: dict[Split, tuple[str, ...]] = {
    "train": (
        *("m1", "m2", "m3", "m4", "m5", "m6", "m8", "f1", "f2", "f3", "f4", "croak", "whisper"),
        *("klatt", "klatt2", "klatt3", "klatt5", "klatt6", "adam", "Alex", "Andrea", "anika"),
        *("antonio", "aunty", "belinda", "benjamin", "boris", "david", "ed", "edward", "Gene"),
        *("grandma", "grandpa", "Henrique", "Hugo", "iven", "Jacky", "Lee", "linda", "Mario"),
        *("max", "Michael", "Nguyen", "pablo", "paul", "quincy", "rob", "robert", "shelby"),
    ),
    "heldout": ("m7", "f5", "whisperf", "klatt4", "Alicia", "Annie", "john", "steph", "victor"),
}
FLITE_SHARE = {"train": 0.4, "heldout": 0.3}


@dataclass(frozen=True)
class Voice:
    """One way of speaking.

    Attributes:
        engine: the synthesiser.
        name: espeak-ng's ``language+variant``, or flite's voice.
        words_per_minute: rate; flite stretches its durations by 170 over this.
        pitch: espeak-ng's 0 to 99; flite's recorded voices keep their own.
        scale: how much shorter the vocal tract is than the synthesiser's; shifts pitch, formants
            and rate together, as playing a tape faster does.
    """

    engine: Literal["espeak", "flite"]
    name: str
    words_per_minute: int = 170
    pitch: int = 50
    scale: float = 1.0


@dataclass(frozen=True)
class Utterance:
    """A sentence and the voice that says it."""

    text: str
    voice: Voice


def sentences(split: Split) -> dict[str, list[str]]:
    """The bundled sentences of a split, by espeak-ng language code."""
    by_language: dict[str, list[str]] = tomllib.loads(SENTENCES.read_text("utf-8"))[split]
    return by_language


def draw_utterances(rng: np.random.Generator, split: Split, count: int) -> list[Utterance]:
    """Draws utterances; no voice, variant or sentence of one split is in the other."""
    by_language = sentences(split)
    english = [
        text for language in by_language if language[:2] == "en" for text in by_language[language]
    ]
    return [_draw_utterance(rng, split, by_language, english) for _ in range(count)]


def speak(utterance: Utterance) -> Samples:
    """Renders an utterance as mono float32 at 16 kHz, trimmed to its first and last sound.

    Raises:
        FileNotFoundError: the synthesiser is not installed.
        subprocess.CalledProcessError: the synthesiser does not know the voice.
    """
    voice = utterance.voice
    encoded = subprocess.run(
        _command(utterance), stdin=subprocess.DEVNULL, capture_output=True, check=True
    ).stdout
    # Writing to a pipe, espeak-ng cannot fill in the WAV header's length: take the rest as PCM.
    rate = int.from_bytes(encoded[24:28], "little")
    samples, _ = soundfile.read(
        io.BytesIO(encoded[44:]), dtype="float32", format="RAW", subtype="PCM_16",
        samplerate=rate, channels=1, endian="LITTLE",
    )  # fmt: skip
    spoken: Samples = soxr.resample(samples, rate * voice.scale, SAMPLE_RATE, quality="HQ")
    (sounding,) = np.nonzero(np.abs(spoken) > 1e-3)  # -60 dBFS
    return spoken[sounding[0] : sounding[-1] + 1] if sounding.size else spoken[:0]


def speak_all(utterances: Sequence[Utterance], workers: int = 2) -> list[Samples]:
    """Renders utterances in parallel, in the order given; see ``speak``."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(speak, utterances))


def _draw_utterance(
    rng: np.random.Generator, split: Split, by_language: dict[str, list[str]], english: list[str]
) -> Utterance:
    drawn = Voice(
        engine="flite",
        name=str(rng.choice(FLITE[split])),
        words_per_minute=int(rng.integers(115, 240)),
        pitch=int(rng.integers(15, 90)),
        scale=float(np.round(rng.uniform(0.86, 1.18), 3)),
    )
    if rng.random() < FLITE_SHARE[split]:
        return Utterance(str(rng.choice(english)), drawn)
    # Square roots: English and Mandarin, with more sentences, come more often.
    weights = np.sqrt([len(texts) for texts in by_language.values()])
    language = str(rng.choice(list(by_language), p=weights / weights.sum()))
    name = f"{language}+{rng.choice(VARIANTS[split])}"
    return Utterance(
        str(rng.choice(by_language[language])), replace(drawn, engine="espeak", name=name)
    )


def _command(utterance: Utterance) -> list[str]:
    voice = utterance.voice
    program = shutil.which("espeak-ng" if voice.engine == "espeak" else "flite")
    if program is None:
        raise FileNotFoundError(f"{voice.engine} is not installed")
    if voice.engine == "espeak":
        rate, pitch = str(voice.words_per_minute), str(voice.pitch)
        return [program, "-v", voice.name, "-s", rate, "-p", pitch, "--stdout", utterance.text]
    stretch = f"duration_stretch={170 / voice.words_per_minute:.3f}"
    return [program, "-voice", voice.name, "--setf", stretch, "-t", utterance.text,
            "-o", "/dev/stdout"]  # fmt: skip
