"""How time and memory grow with the length of the recording, from ten minutes to ten hours."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.diarization.setting import SPOKEN, audio, prepare
from bench.plot import Panel, draw
from bench.process import spent
from bench.report import OUTPUT, Report, Row, Unit, length
from bench.vad.setting import OURS, Setting

LENGTHS = (600, 1800, 3600, 10_800, 36_000)
QUICK_LENGTHS = (60, 120, 240)
PLOT = OUTPUT / "diarization-growth.svg"


def measure(setting: Setting) -> Report:
    """What one process takes from its start to the turns, at growing lengths; also drawn."""
    lengths = QUICK_LENGTHS if setting.quick else LENGTHS
    # Elsewhere: a process can only measure one that has more memory than it had itself.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        place = pool.submit(prepare, setting).result()
        files = [pool.submit(audio, setting, seconds).result() for seconds in lengths]
    command = [str(OURS), "-m", "tools.run", "diarization", "--json"]
    found = [spent([*command, str(path)], place) for path in files]
    labels = [length(seconds) for seconds in lengths]
    time = Panel("CPU seconds to turns", labels, lengths, [each.cpu_s for each in found])
    memory = Panel("peak memory, MB", labels, lengths, [each.peak_mb for each in found])
    draw([time, memory], PLOT)
    per_hour = [each.cpu_s / seconds * 3600 for seconds, each in zip(lengths, found, strict=True)]
    rows = [
        *_rows("CPU seconds per hour of audio", labels, per_hour, "s"),
        *_rows("peak memory", labels, memory.values, "MB"),
    ]
    remarks = [f"drawn in {PLOT.name}; the dashed lines are growth in proportion to the length"]
    return Report("diarization: growth with the length", rows, remarks + setting.remarks(SPOKEN))


def _rows(what: str, labels: Sequence[str], values: Sequence[float], unit: Unit) -> list[Row]:
    return [Row(what, label, [value], unit) for label, value in zip(labels, values, strict=True)]
