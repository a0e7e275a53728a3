"""Writes the network for ONNX Runtime: a step of the build of an image for CPUs."""

from __future__ import annotations

import sys
from pathlib import Path

from provision.export import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).parent, "vad"))
