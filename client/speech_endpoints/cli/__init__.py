"""The command ``speech``: see ``app``."""

from __future__ import annotations


def main() -> None:
    """Run it."""
    from speech_endpoints.cli.app import app

    app()
