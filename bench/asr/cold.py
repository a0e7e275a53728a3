"""How long a new process takes to its first text."""

from __future__ import annotations

import json
from functools import partial

from bench.asr.setting import REMARK, prepare
from bench.process import seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.cold import RESULT
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 5
AUDIO_S = 10


def measure(setting: Setting) -> Report:
    """From starting the process to seeing its result."""
    place, path = prepare(setting), setting.audio(AUDIO_S)
    with served(path) as url:
        job = place.folder / "test_input.json"  # where the SDK looks for it
        job.write_text(json.dumps({"input": {"audio_url": url}}))
        commands = {
            "ours, no handler": [str(OURS), "-m", "bench.asr.engines", "ours", str(path)],
            "funasr.AutoModel, no handler": [
                *(str(setting.peers), "-m", "bench.asr.peer", "funasr.AutoModel"),
                str(path),
            ],
            "ours, with RunPod's SDK": [str(OURS), "-m", "services.asr.handler"],
        }
        candidates = {
            name: partial(seconds_until, RESULT, command, place)
            for name, command in commands.items()
        }
        found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [Row(f"{length(AUDIO_S)} of audio", name, values, "s") for name, values in found.items()]
    remarks = [REMARK, "warm disk, byte-compiled: one discarded run each", *setting.remarks()]
    return Report("asr: process start to first result", rows, remarks)
