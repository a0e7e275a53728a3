"""How long a warm process takes from a file to its segments."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from statistics import median

from bench.process import Answer, Warm
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.engines import ENGINES
from bench.vad.setting import OURS, Setting

RUNS = 5
WARM_UP_S = 60
US, WITHOUT_TORCH, PEER = "ours", "ours, ONNX Runtime", "funasr.AutoModel"


def measure(setting: Setting) -> Report:
    """File to segments on every core, at two lengths; RTFx is audio time by processing time."""
    with ExitStack() as stack:
        engines = {name: stack.enter_context(start(name, setting)) for name in ENGINES}
        for engine in engines.values():
            engine.ask(setting.audio(WARM_UP_S))
        lengths = (120, 300) if setting.quick else (600, 3600)
        rows = [row for seconds in lengths for row in _rows(seconds, engines, setting)]
    remarks = ["silero-vad uses one thread, which is the default, the others every core"]
    return Report("vad: file to segments, model loaded", rows, remarks + setting.remarks())


def start(name: str, setting: Setting) -> Warm:
    """The engine of that name, in its own environment."""
    python = OURS if name.startswith(US) else setting.peers
    place = setting.without_torch if name == WITHOUT_TORCH else setting.place
    return Warm([str(python), "-m", "bench.vad.engines", name], place)


def _rows(seconds: int, engines: dict[str, Warm], setting: Setting) -> list[Row]:
    path = setting.audio(seconds)
    answers: dict[str, Answer] = {}

    def ask(name: str) -> float:
        answers[name] = engines[name].ask(path)
        return answers[name]["seconds"]

    candidates = {name: partial(ask, name) for name in engines}
    found = in_turns(candidates, setting.runs or RUNS)
    rows = []
    for name, values in found.items():
        note = f"RTFx {seconds / median(values):.0f}, {len(answers[name]['segments'])} segments"
        if name in {WITHOUT_TORCH, PEER}:
            same = answers[name]["segments"] == answers[US]["segments"]
            note += ", the same as ours" if same else ", NOT the same as ours"
        rows.append(Row(length(seconds), name, values, "s", note))
    return rows
