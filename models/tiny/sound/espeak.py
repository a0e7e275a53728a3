"""espeak-ng's library, which unlike its command tells where each word begins.

Source: espeak-ng's ``speak_lib.h`` (constants and the event structure).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIBRARY = "libespeak-ng.so.1"
SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback
RATE, PITCH = 1, 3  # espeak_PARAMETER
UTF8, BY_CHARACTER = 1, 1
END, WORD = 0, 1  # espeak_EVENT_TYPE


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Marked:
    """What was said.

    Attributes:
        samples: 16-bit samples at ``rate``.
        rate: samples in a second.
        words: where each word begins: its character in the text, and its sample.
    """

    samples: NDArray[np.int16]
    rate: int
    words: list[tuple[int, int]]


class Espeak:
    """The synthesiser in this process; it has but one voice at a time, so use one thread.

    Raises:
        OSError: the library is not installed.
    """

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL(LIBRARY)
        self._rate: int = self._library.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
        self._blocks: list[NDArray[np.int16]] = []
        self._words: list[tuple[int, int]] = []
        self._callback = _Callback(self._take)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, words_per_minute: int, pitch: int) -> Marked:
        """Says a text.

        Samples depend a little on what this process said before (the phase of its oscillators).

        Args:
            text: what to say.
            voice: ``language+variant``.
            words_per_minute: rate.
            pitch: 0 to 99.

        Raises:
            ValueError: there is no such language.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(RATE, words_per_minute, 0)
        self._library.espeak_SetParameter(PITCH, pitch, 0)
        self._blocks, self._words = [], []
        encoded = text.encode() + b"\0"
        size = ctypes.c_size_t(len(encoded))
        self._library.espeak_Synth(encoded, size, 0, BY_CHARACTER, 0, UTF8, None, None)
        samples = np.concatenate([np.empty(0, np.int16), *self._blocks])
        return Marked(samples, self._rate, self._words)

    def _take(self, samples: Any, count: int, events: Any) -> int:  # noqa: ANN401 - C pointers
        index = 0
        while events[index].type != END:
            if events[index].type == WORD:
                self._words.append((events[index].text_position - 1, events[index].sample))
            index += 1
        if count:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


@cache
def espeak() -> Espeak:
    """The synthesiser of this process."""
    return Espeak()
