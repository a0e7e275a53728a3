"""How time and memory grow with the length of the recording: a process from start to result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.process import Place, spent
from bench.report import Curves, Report, Row, Unit, length
from bench.vad.setting import OURS


def growth(
    service: str, files: Mapping[int, Path], places: Mapping[str, Place], remarks: list[str]
) -> Report:
    """What one process takes from its start to the result, at growing lengths.

    Args:
        service: whose handler is run.
        files: recordings by their length in seconds, growing.
        places: where it runs, by what the place is called.
        remarks: what else is to be said.
    """
    lengths = list(files)
    labels = [length(seconds) for seconds in lengths]
    command = [str(OURS), "-m", "tools.run", service, "--json"]
    found = {
        name: [spent([*command, str(path)], place) for path in files.values()]
        for name, place in places.items()
    }
    per_hour = {
        name: [each.cpu_s / seconds * 3600 for seconds, each in zip(lengths, all_, strict=True)]
        for name, all_ in found.items()
    }
    peak = {name: [each.peak_mb for each in all_] for name, all_ in found.items()}
    rows = []
    curves = []
    wanted: list[tuple[str, dict[str, list[float]], Unit]] = [
        ("CPU seconds per hour of audio", per_hour, "s"),
        ("peak memory, MB", peak, "MB"),
    ]
    for what, lines, unit in wanted:
        curves.append(Curves(f"{service}: {what}", labels, list(map(float, lengths)), lines))
        for name, values in lines.items():
            group = f"{what}, {name}" if len(lines) > 1 else what
            rows += [
                Row(group, label, [value], unit)
                for label, value in zip(labels, values, strict=True)
            ]
    return Report(f"{service}: growth with the length", rows, remarks, curves)
