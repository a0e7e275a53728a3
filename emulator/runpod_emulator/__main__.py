"""``python -m runpod_emulator``."""

from runpod_emulator.cli import app

app()
