"""SenseVoice as funasr's documentation and sherpa-onnx's examples have it: peers, not our code."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.answers import Find, answer

GRAPH, GRAPH_INT8, TOKENS = "model.onnx", "model.int8.onnx", "tokens.txt"  # of sherpa-onnx


def automodel() -> Find:
    """``funasr.AutoModel`` with a VAD, local models, no network, and every core."""
    from funasr import AutoModel

    model = AutoModel(
        model=os.environ["ASR_MODEL"],
        vad_model=os.environ["VAD_MODEL"],
        ncpu=int(os.environ["BENCH_CORES"]),
        disable_update=True,
        disable_pbar=True,
    )

    def find(path: str) -> list[tuple[int, int]]:
        (result,) = model.generate(input=path, language="auto", use_itn=True) or [{"text": ""}]
        return [(0, len(result["text"]))]

    return find


def sherpa(graph: str) -> Find:
    """sherpa-onnx as its ``generate-subtitles.py`` has it, on every core."""
    import sherpa_onnx

    from bench.vad.sherpa import SherpaVad
    from shared.audio import SAMPLE_RATE

    folder = Path(os.environ["SHERPA_MODEL"])
    recognizer = sherpa_onnx.OfflineRecognizer.from_sense_voice(
        model=str(folder / graph),
        tokens=str(folder / TOKENS),
        num_threads=int(os.environ["BENCH_CORES"]),
        language="auto",
        use_itn=True,
    )
    vad = SherpaVad(min_silence_duration=0.25)

    def find(path: str) -> list[tuple[int, int]]:
        text = ""
        for _, samples in vad.stretches(path):
            stream = recognizer.create_stream()
            stream.accept_waveform(SAMPLE_RATE, samples)
            recognizer.decode_stream(stream)
            text += stream.result.text
        return [(0, len(text))]

    return find


ENGINES: dict[str, Callable[[], Find]] = {
    "funasr.AutoModel": automodel,
    "sherpa-onnx": partial(sherpa, GRAPH),
    "sherpa-onnx, int8": partial(sherpa, GRAPH_INT8),
}

if __name__ == "__main__":
    answer(ENGINES)
