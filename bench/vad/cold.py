"""How long a new process takes to its first result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from bench.process import Place, seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 10
AUDIO_S = 60
RESULT = "Job result:"  # what the SDK's local mode writes when a job has succeeded


def measure(setting: Setting) -> Report:
    """From starting the process to seeing its result, all on one URL on this machine."""
    with served(setting.audio(AUDIO_S)) as url:
        job = setting.place.folder / "test_input.json"  # where the SDK looks for it
        job.write_text(json.dumps({"input": {"audio_url": url}}))
        candidates = {
            name: partial(seconds_until, RESULT, command, place)
            for name, (command, place) in _commands(setting, url).items()
        }
        found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [Row(f"{length(AUDIO_S)} of audio", name, values, "s") for name, values in found.items()]
    remarks = ["warm disk, byte-compiled: one discarded run each", *setting.remarks()]
    return Report("cold start: process start to first result", rows, remarks)


def _commands(setting: Setting, url: str) -> dict[str, tuple[Sequence[str], Place]]:
    ours, peers = [str(OURS), "-m", "services.vad.handler"], str(setting.peers)
    usual, script = ([peers, "-m", f"bench.{name}"] for name in ("usual.handler", "funasr_script"))
    return {
        "ours": (ours, setting.place),
        "ours, ONNX Runtime": (ours, setting.without_torch),
        "the usual handler (modelscope pipeline)": (usual, setting.place),
        "funasr.AutoModel, no handler": ([*script, url], setting.place),
    }
