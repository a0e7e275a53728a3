"""The network in 8-bit integers beside floats, in ONNX Runtime: what it saves, what it changes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import SPEC, Setting
from shared.audio import Block
from shared.decode import decode
from shared.models.folder import ModelFolder
from shared.nets.vad import FsmnVad, find_segments
from shared.nets.vad.runtime import EXPORTED
from tools.workspace import SAMPLE

RUNS = 5
FLOATS, INTEGERS = "32-bit floats", "8-bit integers"


def measure(setting: Setting) -> Report:
    """Features and network on one recording; how often segments differ, on all there are."""
    seconds = 60 if setting.quick else 600
    models = setting.without_torch.environment["MODELS_DIR"]
    floats = ModelFolder(SPEC.model("vad").id, Path(models, SPEC.model("vad").id), None)
    detectors = {FLOATS: FsmnVad.load(floats), INTEGERS: FsmnVad.load(_quantised(floats))}
    blocks = _blocks(setting.audio(seconds))
    candidates = {name: partial(_timed, vad, blocks) for name, vad in detectors.items()}
    found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [Row(f"{length(seconds)} of audio", name, values, "s") for name, values in found.items()]
    remarks = [_compared(detectors), *setting.remarks()]
    return Report("vad in int8: features and network", rows, remarks)


def _quantised(floats: ModelFolder) -> ModelFolder:
    """A copy whose products are of 8-bit integers, with a scale for each output."""
    folder = floats.path.parent / "int8"
    shutil.copytree(floats.path, folder)
    graph = folder / EXPORTED
    graph.unlink()
    quantize_dynamic(floats.path / EXPORTED, graph, per_channel=True, weight_type=QuantType.QInt8)
    return ModelFolder(floats.id, folder, None)


def _compared(detectors: dict[str, FsmnVad]) -> str:
    data = os.environ.get("SPEECH_TEST_DATA")
    files = sorted(Path(data, "audio").rglob("*.wav")) if data else [SAMPLE]
    same, turned, frames = 0, 0, 0
    for path in files:
        speech = [vad.rules.is_speech(vad.silence(_blocks(path))) for vad in detectors.values()]
        rules = detectors[FLOATS].rules
        one, other = (find_segments(each, rules) for each in speech)
        same += one == other
        turned += int(np.count_nonzero(speech[0] != speech[1]))
        frames += len(speech[0])
    share = f"{turned / frames:.1%} of the frames are decided otherwise"
    return f"{same} of {len(files)} recordings have the same segments; {share}"


def _blocks(path: Path) -> list[Block]:
    with path.open("rb") as file:
        return list(decode(file))


def _timed(vad: FsmnVad, blocks: Sequence[Block]) -> float:
    began = time.perf_counter()
    vad.silence(blocks)
    return time.perf_counter() - began
