"""The bundle's handler with other models loaded at start: the tasks in BENCH_LOAD_AT_START."""

from __future__ import annotations

import os
from dataclasses import replace

from services.bundle.handler import SERVICE
from shared.worker.start import serve

if __name__ == "__main__":
    tasks = os.environ["BENCH_LOAD_AT_START"].split()
    engine = {**SERVICE.spec.engine, "load_at_start": tasks}
    serve(replace(SERVICE, spec=SERVICE.spec.model_copy(update={"engine": engine})))
