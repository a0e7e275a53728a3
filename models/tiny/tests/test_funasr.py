"""FunASR's classes come without the rest of funasr."""

from __future__ import annotations

import subprocess
import sys


def test_only_the_modules_a_class_needs_are_imported() -> None:
    code = (
        "import sys, torch; before = set(sys.modules)\n"
        "from models.tiny.funasr import funasr_class\n"
        "funasr_class('funasr.models.fsmn_vad_streaming.encoder', 'FSMN')\n"
        "new = set(sys.modules) - before\n"
        "print(*sorted(m for m in new if m.startswith(('funasr.', 'modelscope'))))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == [
        "funasr.models",
        "funasr.models.fsmn_vad_streaming",
        "funasr.models.fsmn_vad_streaming.encoder",
        "funasr.register",
    ]
