"""How long a new process takes to its first turns."""

from __future__ import annotations

from bench.cold import Programs, apart, job
from bench.diarization.setting import REMARK, SPOKEN, audio, prepare
from bench.report import Report
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 5
AUDIO_S = 20


def measure(setting: Setting, *, evicted: bool = False) -> Report:
    """Of one conversation, whose path is given to those that have no handler."""
    place, recording = apart(prepare, setting), audio(setting, AUDIO_S)
    peers = str(setting.peers)
    engine = ["-m", "bench.diarization.engines"]
    with served(recording) as url:
        job(place, url)
        commands = {
            "ours, no handler": [str(OURS), *engine, "ours", str(recording)],
            "modelscope pipeline, no handler": [peers, *engine, "modelscope", str(recording)],
            "ours, with RunPod's SDK": [str(OURS), "-m", "services.diarization.handler"],
        }
        runs, remarks = setting.runs or RUNS, [REMARK, *setting.remarks(SPOKEN)]
        return Programs(commands, place, AUDIO_S).report(
            "diarization", runs, remarks, evicted=evicted
        )
