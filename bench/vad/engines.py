"""The engines that find speech, each in the environment it belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from bench.answers import Find, answer


def ours(mode: Literal["funasr", "precise"] = "funasr") -> Find:
    """The endpoint's decoder and engine."""
    from services.vad.contract import VADRequest
    from services.vad.detector import Detector
    from services.vad.handler import SERVICE
    from shared.audio import Recording
    from shared.contract import Segment
    from shared.decode import decode

    detector = Detector.load(SERVICE.spec)
    request = VADRequest(audio="-", mode=mode)

    def find(path: str) -> list[tuple[int, int]]:
        with open(path, "rb") as file:  # noqa: PTH123 - as the peers: a path is a string
            segments = detector.run(Recording(decode(file)), request)["segments"]
        assert isinstance(segments, list)
        found: Iterable[Segment] = segments
        return [(round(s.start * 1000), round(s.end * 1000)) for s in found]

    return find


def funasr() -> Find:
    """FunASR as its documentation has it, with the end-point rules of its configuration."""
    from funasr import AutoModel

    cores = int(os.environ["BENCH_CORES"])
    folder = os.environ["VAD_MODEL"]
    model = AutoModel(model=folder, ncpu=cores, disable_update=True, disable_pbar=True)

    def find(path: str) -> list[tuple[int, int]]:
        (result,) = model.generate(input=path, dynamic_silence=False)
        return [(start, end) for start, end in result["value"]]

    return find


def silero() -> Find:
    """silero-vad's ONNX model, frame by frame, on the one thread it allows itself."""
    from silero_vad import get_speech_timestamps, load_silero_vad

    return _silero(get_speech_timestamps, load_silero_vad(onnx=True))


def silero_sequence() -> Find:
    """silero-vad's ONNX model for whole files, 512 frames in a call."""
    from silero_vad import load_silero_vad
    from silero_vad.sequence_vad import get_speech_timestamps_sequence

    return _silero(get_speech_timestamps_sequence, load_silero_vad(sequence=True))


def _silero(timestamps: Callable[..., list[dict[str, int]]], model: object) -> Find:
    import soundfile
    import torch

    def find(path: str) -> list[tuple[int, int]]:
        # In the place of its read_audio, which needs torchaudio or torchcodec to do the same.
        samples, rate = soundfile.read(path, dtype="float32")
        spans = timestamps(torch.from_numpy(samples), model, sampling_rate=rate)
        return [(s["start"] * 1000 // rate, s["end"] * 1000 // rate) for s in spans]

    return find


def sherpa() -> Find:
    """silero-vad's model in sherpa-onnx."""
    from bench.vad.sherpa import SherpaVad
    from shared.audio import SAMPLE_RATE

    vad, per_ms = SherpaVad(), SAMPLE_RATE // 1000

    def find(path: str) -> list[tuple[int, int]]:
        found = vad.stretches(path)
        return [(start // per_ms, (start + len(samples)) // per_ms) for start, samples in found]

    return find


ENGINES: dict[str, Callable[[], Find]] = {
    "ours": ours,
    "ours, precise": partial(ours, "precise"),
    "ours, ONNX Runtime": ours,  # with a model that has its network for it
    "funasr.AutoModel": funasr,
    "silero-vad (ONNX)": silero,
    "silero-vad (ONNX, sequence)": silero_sequence,
    "silero-vad (sherpa-onnx)": sherpa,
}

if __name__ == "__main__":
    answer(ENGINES)
