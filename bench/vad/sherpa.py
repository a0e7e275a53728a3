"""silero-vad's model in sherpa-onnx, in C++, on the one thread that it takes by default."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import sherpa_onnx
import soundfile


class SherpaVad:
    """Finds speech.

    Args:
        rules: settings of ``SileroVadModelConfig`` that are not to have their defaults.
    """

    def __init__(self, **rules: float) -> None:
        config = sherpa_onnx.VadModelConfig()
        config.silero_vad.model = str(files("silero_vad.data") / "silero_vad.onnx")
        for name, value in rules.items():
            setattr(config.silero_vad, name, value)
        self._step = config.silero_vad.window_size
        self._vad = sherpa_onnx.VoiceActivityDetector(config, buffer_size_in_seconds=60)

    def stretches(self, path: str) -> Iterator[tuple[int, list[float]]]:
        """Speech, stretch by stretch: the number of the first sample in the file, and the samples.

        Args:
            path: of a file at 16 kHz.
        """
        samples, _ = soundfile.read(path, dtype="float32")
        for at in range(0, len(samples), self._step):
            self._vad.accept_waveform(samples[at : at + self._step])
            yield from self._found()
        self._vad.flush()
        yield from self._found()
        self._vad.reset()

    def _found(self) -> Iterator[tuple[int, list[float]]]:
        while not self._vad.empty():
            front = self._vad.front
            yield front.start, front.samples
            self._vad.pop()
