"""An engine in a process of its own.

``python -m MODULE NAME`` loads it and takes a path per line, giving an ``Answer`` for each;
``python -m MODULE NAME FILE ...`` prints what it finds in these files, and ends.

It runs in the environment of the engine it is asked for, so engines import their packages
themselves.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping

Find = Callable[[str], list[tuple[int, int]]]  # path of a file -> spans in milliseconds


def answer(engines: Mapping[str, Callable[[], Find]]) -> None:
    """Load the engine that the command line names, and answer for all it is given."""
    answers, sys.stdout = sys.stdout, sys.stderr  # the peers print what is no answer
    find = engines[sys.argv[1]]()
    for path in sys.argv[2:]:
        print("Job result:", find(path), file=answers, flush=True)
    if sys.argv[2:]:
        return
    for line in sys.stdin:
        began = time.perf_counter()
        segments = find(line.rstrip("\n"))
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "segments": segments}), file=answers, flush=True)
