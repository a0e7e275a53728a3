"""How long a new process takes to its first text."""

from __future__ import annotations

from bench.asr.setting import REMARK, prepare
from bench.cold import Programs, apart, job
from bench.report import Report
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 5
AUDIO_S = 10


def measure(setting: Setting, *, evicted: bool = False) -> Report:
    """Of one recording, whose path is given to those that have no handler."""
    place, path, peers = apart(prepare, setting), str(setting.audio(AUDIO_S)), str(setting.peers)
    with served(setting.audio(AUDIO_S)) as url:
        job(place, url)
        commands = {
            "ours, no handler": [str(OURS), "-m", "bench.asr.engines", "ours", path],
            "funasr.AutoModel, no handler": [
                *(peers, "-m", "bench.asr.peer", "funasr.AutoModel", path)
            ],
            "ours, with RunPod's SDK": [str(OURS), "-m", "services.asr.handler"],
        }
        runs, remarks = setting.runs or RUNS, [REMARK, *setting.remarks()]
        return Programs(commands, place, AUDIO_S).report("asr", runs, remarks, evicted=evicted)
