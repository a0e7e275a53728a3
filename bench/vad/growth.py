"""How time and memory grow with the length of the recording, from ten minutes to ten hours."""

from __future__ import annotations

from bench.growth import growth
from bench.report import Report
from bench.vad.setting import Setting

LENGTHS = (600, 1800, 3600, 10_800, 36_000)
QUICK_LENGTHS = (60, 120, 240)


def measure(setting: Setting) -> Report:
    """With torch and without."""
    files = {
        seconds: setting.audio(seconds) for seconds in (QUICK_LENGTHS if setting.quick else LENGTHS)
    }
    places = {"ours": setting.place, "ours, ONNX Runtime": setting.without_torch}
    return growth("vad", files, places, setting.remarks())
