"""How time and memory grow with the length of the recording, from ten minutes to ten hours."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.diarization.setting import SPOKEN, audio, prepare
from bench.diarization.speed import WARM_UP_S, start
from bench.plot import Panel, draw
from bench.process import Place, peak_mb
from bench.report import OUTPUT, Report, Row, length
from bench.vad.setting import OURS, Setting

LENGTHS = (600, 1800, 3600, 10_800, 36_000)
QUICK_LENGTHS = (60, 120, 240)
PLOT = OUTPUT / "diarization-growth.svg"


def measure(setting: Setting) -> Report:
    """File to turns at growing lengths, and the most memory a process had; also drawn."""
    lengths = QUICK_LENGTHS if setting.quick else LENGTHS
    # Elsewhere: a process can only measure one that has more memory than it had itself.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        place = pool.submit(prepare, setting).result()
        files = {
            seconds: pool.submit(audio, setting, seconds).result()
            for seconds in (WARM_UP_S, *lengths)
        }
    warm_up = files.pop(WARM_UP_S)
    spent = _seconds(setting, place, warm_up, files)
    peaks = {seconds: _peak(place, path) for seconds, path in files.items()}
    labels = [length(seconds) for seconds in lengths]
    time = Panel("seconds to turns", labels, lengths, list(spent.values()))
    memory = Panel("peak memory, MB", labels, lengths, list(peaks.values()))
    draw([time, memory], PLOT)
    rows = [
        *(
            Row("seconds per hour of audio", length(seconds), [taken / seconds * 3600], "s")
            for seconds, taken in spent.items()
        ),
        *(Row("peak memory", length(seconds), [peak], "MB") for seconds, peak in peaks.items()),
    ]
    remarks = [f"drawn in {PLOT.name}; the dashed lines are growth in proportion to the length"]
    return Report("diarization: growth with the length", rows, remarks + setting.remarks(SPOKEN))


def _seconds(
    setting: Setting, place: Place, warm_up: Path, files: dict[int, Path]
) -> dict[int, float]:
    """What a process that has loaded its models takes for each."""
    with start("ours", setting, place) as engine:
        engine.ask(warm_up)
        return {seconds: engine.ask(path)["seconds"] for seconds, path in files.items()}


def _peak(place: Place, path: Path) -> float:
    command = [str(OURS), "-m", "tools.run", "diarization", "--json", str(path)]
    return peak_mb(command, place)
