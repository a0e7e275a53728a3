"""What is not speech: background noises and sounds, synthesised.

Each generator takes a random generator and a length in samples and returns float32 of shape
``(length,)`` at no particular level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from models.tiny.sound.acoustics import Samples, Wave, decibels_to_gain, unit
from shared.audio import SAMPLE_RATE

Generator = Callable[[np.random.Generator, int], Samples]
Envelope = NDArray[np.float64]


def coloured(rng: np.random.Generator, length: int, slope: float | None = None) -> Samples:
    """Noise of a power-law spectrum (0 white, 1 pink, 2 brown) with a few broad resonances."""
    slope = float(rng.uniform(0.0, 2.2)) if slope is None else slope
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), 20.0)
    octaves = np.log2(frequencies / 20.0)
    shape = np.interp(octaves, np.linspace(0, 8.7, 8), rng.normal(0.0, 3.0, 8))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    return unit(np.fft.irfft(spectrum * frequencies ** (-slope / 2) * 10 ** (shape / 20), length))


def hum(rng: np.random.Generator, length: int) -> Samples:
    """Mains hum: 50 or 60 Hz and its harmonics."""
    mains = float(rng.choice([50.0, 60.0])) * (1 + rng.normal(0, 0.001))
    decay = rng.uniform(0.3, 1.2)
    return _harmonics(rng, np.full(length, mains), int(rng.integers(4, 20)), decay)


def fan(rng: np.random.Generator, length: int) -> Samples:
    """A fan or an engine: broadband noise beating at the blades' rate, and a whine."""
    rate = rng.uniform(8.0, 120.0)
    beat = 1 + rng.uniform(0.05, 0.6) * np.sin(2 * np.pi * rate * _seconds(length))
    whine = _harmonics(rng, np.full(length, rate * rng.integers(2, 8)), 6, 0.8)
    return unit(coloured(rng, length, 1.5) * beat + rng.uniform(0.0, 0.8) * whine)


def rain(rng: np.random.Generator, length: int) -> Samples:
    """Rain: a hiss and many small drops."""
    drops = _train(rng, length, rng.uniform(20, 200), lambda: _knock(rng, (1500, 6000), 0.004))
    return unit(_high_pass(coloured(rng, length, 0.5), 400) + rng.uniform(0.3, 3.0) * unit(drops))


def wind(rng: np.random.Generator, length: int) -> Samples:
    """Wind on a microphone: low noise in slow gusts."""
    return unit(coloured(rng, length, 2.2) * _wander(rng, length, 0.7, 9.0))


def clicks(rng: np.random.Generator, length: int) -> Samples:
    """Keys, knocks and dropped things: short decaying resonances, one by one."""
    low = rng.uniform(100, 2000)
    size = rng.uniform(0.003, 0.05)
    rate = float(np.exp(rng.uniform(np.log(0.7), np.log(12))))
    return unit(_train(rng, length, rate, lambda: _knock(rng, (low, 3 * low), size)))


def breath(rng: np.random.Generator, length: int) -> Samples:
    """Breaths and rustles: bursts of coloured noise that swell and fade."""
    return unit(_train(rng, length, rng.uniform(0.2, 1.5), lambda: _puff(rng)))


def beeps(rng: np.random.Generator, length: int) -> Samples:
    """Alarms, dial tones and sirens: one or two steady or gliding tones, keyed on and off."""
    period, duty = rng.uniform(0.15, 1.5), rng.uniform(0.2, 1.0)
    on = ((_seconds(length) + rng.uniform(0, 1)) % period) < duty * period
    envelope = signal.lfilter([0.01], [1, -0.99], on.astype(np.float64))
    glide = rng.choice([0.0, 0.0, rng.uniform(0, 0.4)])
    pitch = rng.uniform(200, 3000) * (1 + glide * np.sin(2 * np.pi * _seconds(length) / period))
    count = int(rng.integers(1, 4))
    return unit(envelope * _harmonics(rng, pitch, count, 1.0))


def music(rng: np.random.Generator, length: int) -> Samples:
    """One to four voices of pentatonic notes, decaying or sustained, perhaps with drums."""
    root, beat = rng.uniform(80, 300), rng.uniform(0.15, 0.6)
    parts = sum(
        (_melody(rng, length, root * 2.0 ** int(rng.integers(0, 3)), beat) for _ in
         range(int(rng.integers(1, 5)))),
        start=np.zeros(length),
    )  # fmt: skip
    if rng.random() < 0.5:
        parts += rng.uniform(0.3, 1.5) * _drums(rng, length, beat)
    return unit(parts)


GENERATORS: dict[str, Generator] = {
    "coloured": coloured, "hum": hum, "fan": fan, "rain": rain, "wind": wind, "clicks": clicks,
    "breath": breath, "beeps": beeps, "music": music,
}  # fmt: skip


def hubbub(rng: np.random.Generator, length: int, speech: Sequence[Samples]) -> Samples:
    """Distant babble of 8 to 16 voices, run backwards so that no word stands out."""
    total = np.zeros(length)
    for _ in range(int(rng.integers(8, 17))):
        voice = np.concatenate([speech[i] for i in rng.integers(0, len(speech), 8)])[::-1]
        turned = np.roll(voice, int(rng.integers(voice.size)))
        total += rng.uniform(0.4, 1.0) * np.resize(unit(turned), length)
    return unit(total)


def _seconds(length: int) -> Envelope:
    return np.arange(length) / SAMPLE_RATE


def _harmonics(rng: np.random.Generator, pitch: Envelope, count: int, decay: float) -> Samples:
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    total = np.zeros(pitch.size)
    for order in range(1, count + 1):
        audible = pitch * order < 0.48 * SAMPLE_RATE  # no aliases
        weight = rng.uniform(0.3, 1.0) * order**-decay
        total += audible * weight * np.sin(order * phase + rng.uniform(0, 2 * np.pi))
    return unit(total)


def _wander(rng: np.random.Generator, length: int, period: float, spread: float) -> Envelope:
    """A gain that wanders, ``spread`` dB about 0, with a new target each ``period`` seconds."""
    points = max(4, int(length / SAMPLE_RATE / period) + 2)
    levels = np.interp(np.linspace(0, points - 1, length), np.arange(points),
                       rng.normal(0, spread, points))  # fmt: skip
    gain: Envelope = 10 ** (levels / 20)
    return gain


def _train(
    rng: np.random.Generator, length: int, rate: float, event: Callable[[], Wave]
) -> Samples:
    """A Poisson process of events, ``rate`` a second, at levels over 20 dB."""
    total = np.zeros(length + 2 * SAMPLE_RATE)
    for _ in range(max(1, int(rng.poisson(rate * length / SAMPLE_RATE)))):
        at, sound = int(rng.integers(0, length)), event()[: 2 * SAMPLE_RATE]
        total[at : at + sound.size] += sound * decibels_to_gain(-rng.uniform(0, 20))
    return total[:length].astype(np.float32)


def _knock(rng: np.random.Generator, band: tuple[float, float], size: float) -> Envelope:
    decay = size * rng.uniform(0.5, 2.0)
    t = _seconds(int(6 * decay * SAMPLE_RATE))
    tone = np.sin(2 * np.pi * rng.uniform(*band) * t)
    mixed: Envelope = np.exp(-t / decay) * (
        tone + rng.uniform(0, 1.5) * rng.standard_normal(t.size)
    )
    return mixed


def _puff(rng: np.random.Generator) -> Envelope:
    length = int(rng.uniform(0.08, 0.7) * SAMPLE_RATE)
    window = signal.windows.tukey(length, rng.uniform(0.3, 1.0))
    puff: Envelope = _high_pass(coloured(rng, length, 0.8), rng.uniform(100, 900)) * window
    return puff


def _melody(rng: np.random.Generator, length: int, root: float, beat: float) -> Envelope:
    steps = int(length / SAMPLE_RATE / beat) + 1
    notes = root * 2 ** (rng.choice([0, 2, 4, 7, 9, 12], steps) / 12)
    held = np.resize(np.repeat(notes, int(beat * SAMPLE_RATE)), length)
    vibrato = 1 + rng.uniform(0, 0.01) * np.sin(2 * np.pi * rng.uniform(4, 7) * _seconds(length))
    since = (_seconds(length) % beat) / beat
    envelope = np.exp(-since * rng.uniform(0, 6)) * np.minimum(1, since * 40)
    voice: Envelope = envelope * _harmonics(rng, held * vibrato, int(rng.integers(1, 14)),
                                        rng.uniform(0.4, 1.6))  # fmt: skip
    return voice * rng.uniform(0.4, 1.0)


def _drums(rng: np.random.Generator, length: int, beat: float) -> Envelope:
    total = np.zeros(length + SAMPLE_RATE)
    for at in range(0, length, int(beat * SAMPLE_RATE)):
        hit = _knock(rng, (60, 200) if rng.random() < 0.5 else (2000, 7000), 0.05)
        total[at : at + hit.size] += hit[:SAMPLE_RATE]
    return unit(total[:length]).astype(np.float64)


def _high_pass(samples: Samples, frequency: float) -> Samples:
    sections = signal.butter(2, frequency, "highpass", fs=SAMPLE_RATE, output="sos")
    filtered: Samples = signal.sosfilt(sections, samples).astype(np.float32)
    return filtered
