"""The repository as a set of services. Standard library only: the noxfile imports it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TINY_MODELS = ROOT / "models" / "tiny"
FETCHED_MODELS = ROOT / ".models"
EMULATOR = ROOT / "emulator"  # where the package runpod_emulator is
SAMPLE = ROOT / "samples" / "conversation.flac"
COMMANDS = ROOT / "samples" / "commands.flac"  # words that the tiny recogniser knows


def from_the_user(path: str | Path) -> Path:
    """A path as the user named it: nox changes to the repository."""
    return Path(os.environ.get("INVOKED_FROM", "."), path)


def service_names() -> list[str]:
    """The services: every folder below ``services/`` with a ``service.toml``."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/service.toml"))
