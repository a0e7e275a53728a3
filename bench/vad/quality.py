"""How well segments agree with labels: frame F1 on real recordings, and on made-up scenes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile

from bench.process import Warm
from bench.report import Report, Row
from bench.vad.setting import Setting
from bench.vad.speed import start
from models.tiny.sound.labels import Labels
from models.tiny.sound.synthesis import draw_utterances, speak
from models.tiny.vad.scenes import make_scene
from models.tiny.vad.scores import frames_of, score, truth_of
from shared.audio import SAMPLE_RATE

CANDIDATES = ("ours, precise", "ours", "silero-vad (ONNX)")  # funasr finds what ours does
UTTERANCES = 60
SCENE_S = 12.0

Labelled = tuple[Path, Labels]


def measure(setting: Setting) -> Report:
    """Frames of 10 ms in the segments and in the labels, over all recordings of a kind."""
    sets = {
        "TEN VAD's recordings": list(_recordings()),
        "synthetic scenes": list(_scenes(setting)),
    }
    if not any(sets.values()):
        raise RuntimeError("set SPEECH_TEST_DATA, or install espeak-ng and flite")
    with ExitStack() as stack:
        engines = {name: stack.enter_context(start(name, setting)) for name in CANDIDATES}
        rows = [
            _row(f"{len(labelled)} {kind}", name, engine, labelled)
            for kind, labelled in sets.items() if labelled
            for name, engine in engines.items()
        ]  # fmt: skip
    remarks = ["each engine with its own defaults; no figure changes from run to run"]
    return Report("vad: F1 of frames", rows, remarks + setting.remarks("labelled recordings"))


def _row(group: str, name: str, engine: Warm, labelled: list[Labelled]) -> Row:
    decided, truths = [], []
    for path, truth in labelled:
        spans = ((start / 1000, end / 1000) for start, end in engine.ask(path)["segments"])
        decided.append(frames_of(spans, len(truth)))
        truths.append(truth)
    result = score(np.concatenate(decided), np.concatenate(truths))
    note = f"precision {result.precision:.3f}, recall {result.recall:.3f}"
    return Row(group, name, [result.f1], "F1", note)


def _recordings() -> Iterator[Labelled]:
    data = os.environ.get("SPEECH_TEST_DATA")
    for path in sorted(Path(data, "audio", "ten-vad").glob("*.scv")) if data else []:
        yield path.with_suffix(".wav"), truth_of(path)


def _scenes(setting: Setting) -> Iterator[Labelled]:
    """Synthesised voices in noise; nothing was fitted to these voices or sentences."""
    if not (shutil.which("espeak-ng") and shutil.which("flite")):
        return
    rng = np.random.default_rng(0)
    speech = [speak(said) for said in draw_utterances(rng, "heldout", UTTERANCES)]
    speech = [samples for samples in speech if samples.size]
    for number in range(10 if setting.quick else 50):
        scene = make_scene(np.random.default_rng([1, number]), speech, SCENE_S)
        path = setting.place.folder / f"scene-{number}.wav"
        soundfile.write(path, scene.samples, SAMPLE_RATE, subtype="PCM_16")
        yield path, scene.labels
