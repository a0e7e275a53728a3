"""How long a new process takes to its first text."""

from __future__ import annotations

from bench.asr.peer import ENGINES as PEERS
from bench.asr.setting import REMARK, SHERPA_REMARK, prepare_with_sherpa
from bench.cold import Programs, apart, job
from bench.report import Report
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 5
AUDIO_S = 10


def measure(setting: Setting, *, evicted: bool = False) -> Report:
    """Of one recording, whose path is given to those that have no handler."""
    place, path = apart(prepare_with_sherpa, setting), str(setting.audio(AUDIO_S))
    peer = [str(setting.peers), "-m", "bench.asr.peer"]
    with served(setting.audio(AUDIO_S)) as url:
        job(place, url)
        commands = {
            "ours, no handler": [str(OURS), "-m", "bench.asr.engines", "ours", path],
            **{f"{name}, no handler": [*peer, name, path] for name in PEERS},
            "ours, with RunPod's SDK": [str(OURS), "-m", "services.asr.handler"],
        }
        runs, remarks = setting.runs or RUNS, [REMARK, SHERPA_REMARK, *setting.remarks()]
        return Programs(commands, place, AUDIO_S).report("asr", runs, remarks, evicted=evicted)
