"""Put on a worker's PYTHONPATH: its Python starts other processes as 3.14 does, by spawning them.

The default is changed, not set, so that a worker that chooses for itself still can.
"""

import multiprocessing
import sys

multiprocessing.context._default_context._default_context = (  # type: ignore[attr-defined]
    multiprocessing.get_context("spawn")
)
print("runpod-emulator: processes are spawned", file=sys.stderr, flush=True)
