"""Serves an endpoint on this machine as RunPod would: ``nox -s serve-vad``."""

from __future__ import annotations

import os
import sys

from tools.host_models import use
from tools.local import service


def main() -> None:
    """Become the emulator of the service's endpoint; further arguments are its own (``--port``)."""
    name, *options = sys.argv[1:]
    use(service(name).spec)
    emulator = [sys.executable, "-m", "runpod_emulator", "serve"]
    worker = [sys.executable, "-m", f"services.{name}.handler"]
    # One worker is there from the start: what is wrong with it is seen at once.
    command = [*emulator, "--endpoint", name, "--workers-min", "1", *options, "--", *worker]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
