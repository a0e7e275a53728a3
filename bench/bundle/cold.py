"""How long a new process takes to its first result: the bundle's, and each service's own."""

from __future__ import annotations

import json
from functools import partial

from bench.bundle.setting import REMARK, prepare
from bench.cold import RESULT
from bench.process import Place, seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 5
AUDIO_S = 10
TASKS = ("vad", "diarization", "asr")


def measure(setting: Setting) -> Report:
    """From starting the process to seeing its result."""
    place = prepare(setting)
    with served(setting.audio(AUDIO_S)) as url:
        candidates = {}
        for task in TASKS:
            # The SDK looks for the job in the folder the process runs in.
            for name, module, job, loaded in (
                ("its own service", f"services.{task}.handler", {}, ""),
                ("bundle, all at start", "bench.bundle.worker", {"task": task}, " ".join(TASKS)),
                ("bundle, all on first use", "bench.bundle.worker", {"task": task}, ""),
            ):
                folder = place.folder / f"{task} {name}"
                folder.mkdir()
                (folder / "test_input.json").write_text(
                    json.dumps({"input": {"audio_url": url, **job}})
                )
                there = Place(folder, {**place.environment, "BENCH_LOAD_AT_START": loaded})
                command = [str(OURS), "-m", module]
                candidates[f"{task}: {name}"] = partial(seconds_until, RESULT, command, there)
        found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [
        Row(f"{name.partition(': ')[0]}, {length(AUDIO_S)}", name.partition(": ")[2], values, "s")
        for name, values in found.items()
    ]
    remarks = [REMARK, "warm disk, byte-compiled: one discarded run each"]
    return Report("bundle: process start to first result", rows, remarks)
