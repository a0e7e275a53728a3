"""How long a warm process takes from a file to its text, beside funasr and sherpa-onnx."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import median

from bench.asr.peer import ENGINES as PEERS
from bench.asr.setting import REMARK, SHERPA_REMARK, prepare_with_sherpa
from bench.cold import apart
from bench.process import Place, Warm
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting

RUNS = 3
WARM_UP_S = 30


def measure(setting: Setting) -> Report:
    """File to text on every core; RTFx is audio time by processing time."""
    place = apart(prepare_with_sherpa, setting)
    seconds = 60 if setting.quick else 600

    def ours_in(precision: str) -> Place:
        return replace(place, environment={**place.environment, "ASR_PRECISION": precision})

    ours = [str(OURS), "-m", "bench.asr.engines", "ours"]
    peer = [str(setting.peers), "-m", "bench.asr.peer"]
    commands = {
        "ours": (ours, place),
        "ours, bfloat16": (ours, ours_in("bfloat16")),
        "ours, int8": (ours, ours_in("int8")),
        **{name: ([*peer, name], place) for name in PEERS},
    }
    with ExitStack() as stack:
        engines = {name: stack.enter_context(Warm(*command)) for name, command in commands.items()}
        for engine in engines.values():
            engine.ask(setting.audio(WARM_UP_S))

        def ask(name: str) -> float:
            return engines[name].ask(setting.audio(seconds))["seconds"]

        found = in_turns({name: partial(ask, name) for name in engines}, setting.runs or RUNS)
    rows = [
        Row(length(seconds), name, values, "s", f"RTFx {seconds / median(values):.1f}")
        for name, values in found.items()
    ]
    return Report(
        "asr: file to text, models loaded", rows, [REMARK, SHERPA_REMARK, *setting.remarks()]
    )
