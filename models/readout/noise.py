"""What is heard beside speech: noise that changes, of any band, and sounds that pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import signal

from models.tiny.sound.acoustics import Samples, decibels_to_gain, unit
from models.tiny.sound.noise import GENERATORS, hubbub
from models.tiny.vad.scenes import STEADY
from shared.audio import SAMPLE_RATE

LASTING = (*STEADY, "band", "band", "hubbub")
PASSING = (
    *("clicks", "clicks", "breath", "beeps", "music", "tune", "tune", "cry"),
    *("rain", "wind", "band"),
)
FADE = 80  # samples
SHORTEST = SAMPLE_RATE // 4


class Noise:
    """Draws a background; see ``models.tiny.vad.scenes.background``.

    Args:
        music: pieces that tunes are taken from, longer than any scene.
        sounds: recorded ones, which are heard whole.
    """

    def __init__(self, music: Sequence[Samples], sounds: Sequence[Samples]) -> None:
        self._music = music
        self._sounds = sounds

    def __call__(
        self, rng: np.random.Generator, speech: Sequence[Samples], length: int, level: float
    ) -> Samples:
        """One background."""
        total = np.zeros(length, np.float32)
        if rng.random() < 0.08:
            return total
        below = rng.uniform(-3, 40)
        changes = np.sort(rng.integers(0, length, rng.choice([0, 0, 0, 1, 2]))).tolist()
        for start, end in zip([0, *changes], [*changes, length], strict=True):
            gain = decibels_to_gain(-np.clip(below + rng.normal(0, 6), -3, 45))
            if end - start >= SHORTEST:
                name = str(rng.choice(LASTING))
                total[start:end] += level * gain * self._sound(rng, name, speech, end - start)
        for _ in range(rng.choice([0, 1, 1, 2])):
            start, end = _stretch(rng, length)
            gain = decibels_to_gain(-rng.uniform(-2, 32))
            name = str(rng.choice(PASSING))
            total[start:end] += level * gain * self._sound(rng, name, speech, end - start)
        for _ in range(rng.choice([0, 0, 1, 3, 8])):
            start = int(rng.integers(length - FADE))
            sound = self._sounds[int(rng.integers(len(self._sounds)))][: length - start]
            total[start : start + sound.size] += (
                level * decibels_to_gain(-rng.uniform(-2, 28)) * unit(sound)
            )
        return total

    def _sound(
        self, rng: np.random.Generator, name: str, speech: Sequence[Samples], length: int
    ) -> Samples:
        if name == "hubbub":
            return _faded(hubbub(rng, length, speech))
        if name == "tune":
            piece = self._music[int(rng.integers(len(self._music)))]
            start = rng.integers(piece.size - length)
            return _faded(unit(piece[start : start + length]))
        return _faded({**GENERATORS, "band": band, "cry": cry}[name](rng, length))


def band(rng: np.random.Generator, length: int) -> Samples:
    """Hiss, rumble or a whine: white noise through one band, some of it around the band."""
    lowest = float(np.exp(rng.uniform(np.log(80), np.log(5000))))
    highest = min(7900.0, lowest * float(np.exp(rng.uniform(0.15, 1.5))))
    white = rng.standard_normal(length)
    sections = signal.butter(2, [lowest, highest], "bandpass", fs=SAMPLE_RATE, output="sos")
    around = 0.3 * decibels_to_gain(-rng.uniform(0, 30))
    return unit(signal.sosfilt(sections, white) + around * white)


def cry(rng: np.random.Generator, length: int) -> Samples:
    """A child or an animal: a voice of gliding pitch, on and off, without words."""
    seconds = np.arange(length) / SAMPLE_RATE
    points = max(2, int(3 * seconds[-1]))
    glide = rng.uniform(250, 900) * np.exp(rng.normal(0, 0.15, points))
    phase = 2 * np.pi * np.cumsum(np.interp(seconds, np.linspace(0, seconds[-1], points), glide))
    decay = rng.uniform(0.2, 1.2)
    orders = range(1, int(rng.integers(6, 13)))
    voice = sum(
        (rng.uniform(0.3, 1.0) * n**-decay * np.sin(n * phase / SAMPLE_RATE) for n in orders),
        start=np.zeros(length),
    )
    period, duty = rng.uniform(0.5, 3), rng.uniform(0.2, 0.8)
    on = (seconds + rng.uniform(0, 3)) % period < duty * period
    return unit(voice * signal.lfilter([0.0005], [1, -0.9995], on.astype(np.float64)))


def _stretch(rng: np.random.Generator, length: int) -> tuple[int, int]:
    """Half a second or more of a scene, or to its end."""
    start = int(rng.integers(0, length * 3 // 4)) if rng.random() < 0.5 else 0
    end = int(rng.integers(start + SAMPLE_RATE // 2, length)) if rng.random() < 0.5 else length
    return start, end


def _faded(sound: Samples) -> Samples:
    slope = np.linspace(0, 1, FADE, dtype=np.float32)
    sound[:FADE] *= slope
    sound[-FADE:] *= slope[::-1]
    return sound
