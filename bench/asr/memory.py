"""How much memory the whole way from a file to its text takes, and whether length matters."""

from __future__ import annotations

from functools import partial

from bench.asr.setting import REMARK, prepare
from bench.process import peak_mb
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting


def measure(setting: Setting) -> Report:
    """Peak resident memory for ten minutes beside the peer, and for an hour; weights included."""
    place = prepare(setting)
    short, long = (30, 120) if setting.quick else (600, 3600)
    ours = [str(OURS), "-m", "tools.run", "asr", "--json"]
    peer = [str(setting.peers), "-m", "bench.asr.peer", "funasr.AutoModel"]
    commands = {
        f"ours, {length(short)}": [*ours, str(setting.audio(short))],
        f"ours, {length(long)}": [*ours, str(setting.audio(long))],
        f"funasr.AutoModel, {length(short)}": [*peer, str(setting.audio(short))],
    }
    candidates = {name: partial(peak_mb, command, place) for name, command in commands.items()}
    found = in_turns(candidates, setting.runs or 1)
    rows = [Row("peak", name, values, "MB") for name, values in found.items()]
    weights = (place.folder / "models" / "iic" / "SenseVoiceSmall" / "model.pt").stat().st_size
    remarks = [REMARK, f"weights {weights / 1e6:.0f} MB, mapped from the file", *setting.remarks()]
    return Report("asr: peak resident size of the process", rows, remarks)
