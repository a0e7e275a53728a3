"""How time and memory grow with the length of the recording, from a minute to ten hours."""

from __future__ import annotations

from bench.asr.setting import REMARK, prepare
from bench.growth import growth
from bench.report import Report
from bench.vad.setting import Setting

LENGTHS = (60, 300, 900, 3600, 36_000)
QUICK_LENGTHS = (15, 30, 60)


def measure(setting: Setting) -> Report:
    """The weights, mapped from their file, are a part of the memory."""
    files = {
        seconds: setting.audio(seconds) for seconds in (QUICK_LENGTHS if setting.quick else LENGTHS)
    }
    return growth("asr", files, {"ours": prepare(setting)}, [REMARK, *setting.remarks()])
