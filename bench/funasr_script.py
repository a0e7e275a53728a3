"""The shortest program with funasr as its documentation has it: a peer, not our code."""

from __future__ import annotations

import os
import sys

from funasr import AutoModel

model = AutoModel(
    model=os.environ["VAD_MODEL"],
    ncpu=int(os.environ["BENCH_CORES"]),
    disable_update=True,
    disable_pbar=True,
)
print("Job result:", model.generate(input=sys.argv[1], dynamic_silence=False))
