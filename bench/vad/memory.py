"""How much memory the whole way from a file to its result takes, and whether length matters."""

from __future__ import annotations

from functools import partial

from bench.process import peak_mb
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting

RUNS = 3


def measure(setting: Setting) -> Report:
    """Peak resident memory for a length and ten times it."""
    short, long = (120, 1200) if setting.quick else (3600, 36_000)
    audio = {seconds: str(setting.audio(seconds)) for seconds in (short, long)}
    ours = [str(OURS), "-m", "tools.run", "vad", "--json"]
    funasr = [str(setting.peers), "-m", "bench.funasr_script"]
    commands = {
        f"ours, {length(short)}": ([*ours, audio[short]], setting.place),
        f"ours, {length(long)}": ([*ours, audio[long]], setting.place),
        f"ours, ONNX Runtime, {length(short)}": ([*ours, audio[short]], setting.without_torch),
        f"ours, ONNX Runtime, {length(long)}": ([*ours, audio[long]], setting.without_torch),
        f"funasr.AutoModel, {length(short)}": ([*funasr, audio[short]], setting.place),
    }
    candidates = {name: partial(peak_mb, *command) for name, command in commands.items()}
    found = in_turns(candidates, setting.runs or RUNS)
    rows = [Row("peak", name, values, "MB") for name, values in found.items()]
    remarks = ["ours fetches the file from this machine by HTTP, as a worker does"]
    return Report("vad: peak resident size of the process", rows, remarks + setting.remarks())
