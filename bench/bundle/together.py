"""How long short recordings take when they share batches, and when each is computed by itself."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from bench.bundle.engines import CLIPS
from bench.bundle.setting import REMARK, prepare
from bench.process import Warm
from bench.repeat import in_turns
from bench.report import Report, Row
from bench.vad.setting import OURS, Setting

RUNS = 5
CLIP_S = 2
TASKS = ("vad", "diarization", "asr")
APART, AT_ONCE = "one after the other", "at once"


def measure(setting: Setting) -> Report:
    """Milliseconds per clip, models loaded, on every core."""
    place, clip = prepare(setting), setting.audio(CLIP_S)
    rows = []
    for task in TASKS:
        with ExitStack() as stack:
            engines = {
                how: stack.enter_context(
                    Warm([str(OURS), "-m", "bench.bundle.engines", f"{task}, {how}"], place)
                )
                for how in (APART, AT_ONCE)
            }
            for engine in engines.values():
                engine.ask(clip)

            def ask(engine: Warm) -> float:
                return engine.ask(clip)["seconds"] / CLIPS * 1000

            candidates = {how: partial(ask, engine) for how, engine in engines.items()}
            found = in_turns(candidates, setting.runs or RUNS)
        rows += [Row(f"ms per clip, {task}", how, values, "ms") for how, values in found.items()]
    remarks = [f"{CLIPS} clips of {CLIP_S} s; at once: each in a thread of its own, as jobs are"]
    return Report("bundle: clips that share batches", rows, [*remarks, REMARK])
