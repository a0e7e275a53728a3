"""How long a new process takes to its first result."""

from __future__ import annotations

from bench.cold import Programs, job
from bench.report import Report
from bench.vad.setting import OURS, Setting
from tools.loopback import served

RUNS = 10
AUDIO_S = 60


def measure(setting: Setting, *, evicted: bool = False) -> Report:
    """All on one URL on this machine."""
    peers = str(setting.peers)
    with served(setting.audio(AUDIO_S)) as url:
        job(setting.place, url)
        ours = [str(OURS), "-m", "services.vad.handler"]
        commands = {
            "ours": ours,
            "ours, ONNX Runtime": ours,
            "the usual handler (modelscope pipeline)": [peers, "-m", "bench.usual.handler"],
            "funasr.AutoModel, no handler": [peers, "-m", "bench.funasr_script", url],
        }
        elsewhere = {"ours, ONNX Runtime": setting.without_torch}
        programs = Programs(commands, setting.place, AUDIO_S, elsewhere)
        runs, remarks = setting.runs or RUNS, setting.remarks()
        return programs.report("vad", runs, remarks, evicted=evicted)
