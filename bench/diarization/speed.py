"""How long a warm process takes from a file to its turns, beside ModelScope's pipeline."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from statistics import median

from bench.diarization.setting import REMARK, SPOKEN, audio, prepare
from bench.process import Place, Warm
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting

RUNS = 3
WARM_UP_S = 30


def measure(setting: Setting) -> Report:
    """File to turns on every core, at two lengths; RTFx is audio time by processing time."""
    place = prepare(setting)
    with ExitStack() as stack:
        engines = {name: stack.enter_context(start(name, setting, place)) for name in PYTHONS}
        for engine in engines.values():
            engine.ask(audio(setting, WARM_UP_S))
        lengths = (60, 120) if setting.quick else (600, 3600)
        rows = [row for seconds in lengths for row in _rows(seconds, engines, setting)]
    remarks = [REMARK, *setting.remarks(SPOKEN)]
    return Report("diarization: file to turns, models loaded", rows, remarks)


PYTHONS = ("ours", "modelscope")


def start(name: str, setting: Setting, place: Place) -> Warm:
    """An engine in its own environment."""
    python = OURS if name == "ours" else setting.peers
    return Warm([str(python), "-m", "bench.diarization.engines", name], place)


def _rows(seconds: int, engines: dict[str, Warm], setting: Setting) -> list[Row]:
    path = audio(setting, seconds)

    def ask(name: str) -> float:
        return engines[name].ask(path)["seconds"]

    # An hour takes the peer minutes, and differs little from run to run.
    runs = setting.runs or (RUNS if seconds < 3600 else 1)
    found = in_turns({name: partial(ask, name) for name in engines}, runs)
    return [
        Row(length(seconds), name, values, "s", f"RTFx {seconds / median(values):.0f}")
        for name, values in found.items()
    ]
