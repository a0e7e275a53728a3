"""How time and memory grow with the length of the recording, from ten minutes to ten hours."""

from __future__ import annotations

from bench.diarization.setting import audio, prepare
from bench.diarization.speed import start
from bench.process import peak_mb
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting


def measure(setting: Setting) -> Report:
    """File to turns at growing lengths, and the most memory the process had."""
    place = prepare(setting)
    lengths = (60, 120, 240) if setting.quick else (600, 1800, 3600, 10_800, 36_000)
    rows = []
    for seconds in lengths:
        path = audio(setting, seconds)
        with start("ours", setting, place) as engine:
            spent = engine.ask(path)["seconds"] / seconds * 3600
        rows.append(Row("seconds per hour of audio", length(seconds), [spent], "s"))
    for seconds in lengths:
        command = [
            str(OURS),
            "-m",
            "tools.run",
            "diarization",
            "--json",
            str(audio(setting, seconds)),
        ]
        rows.append(Row("peak memory", length(seconds), [peak_mb(command, place)], "MB"))
    return Report("diarization: growth with the length", rows, setting.remarks)
