"""The repository: its places and services here; ``targets`` and ``affected`` read it as a graph.

This file is standard library only: the noxfile imports it.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TINY_MODELS = ROOT / "models" / "tiny"
FETCHED_MODELS = ROOT / ".models"
EMULATOR = ROOT / "emulator"  # where the package runpod_emulator is
CLIENT = ROOT / "client"  # where the package speech_endpoints is
SAMPLE = ROOT / "samples" / "conversation.flac"
COMMANDS = ROOT / "samples" / "commands.flac"  # words that the tiny recogniser knows


def from_the_user(path: str | Path) -> Path:
    """A path as the user named it: nox changes to the repository."""
    return Path(os.environ.get("INVOKED_FROM", "."), path)


def service_names() -> list[str]:
    """The services: every folder below ``services/`` with a ``service.toml``."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/service.toml"))
