"""How time and memory grow with the length of the recording, from ten minutes to ten hours."""

from __future__ import annotations

from bench.diarization.setting import REMARK, SPOKEN, audio, prepare
from bench.growth import growth
from bench.report import Report
from bench.vad.setting import Setting

LENGTHS = (600, 1800, 3600, 10_800, 36_000)
QUICK_LENGTHS = (60, 120, 240)


def measure(setting: Setting) -> Report:
    """Of synthetic conversations."""
    place, lengths = prepare(setting), QUICK_LENGTHS if setting.quick else LENGTHS
    files = {seconds: audio(setting, seconds) for seconds in lengths}
    return growth("diarization", files, {"ours": place}, [REMARK, *setting.remarks(SPOKEN)])
