"""Fetches the endpoint's models: a step of the image's build, and ``nox -s models-bundle``."""

from __future__ import annotations

import sys
from pathlib import Path

from provision.cli import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).parent))
