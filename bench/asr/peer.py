"""funasr's SenseVoice as its documentation has it: a peer, not our code."""

from __future__ import annotations

import os

from bench.answers import Find, answer


def automodel() -> Find:
    """``funasr.AutoModel`` with a VAD, local models, no network, and every core."""
    from funasr import AutoModel

    model = AutoModel(
        model=os.environ["ASR_MODEL"],
        vad_model=os.environ["VAD_MODEL"],
        ncpu=int(os.environ["BENCH_CORES"]),
        disable_update=True,
        disable_pbar=True,
    )

    def find(path: str) -> list[tuple[int, int]]:
        (result,) = model.generate(input=path, language="auto", use_itn=True) or [{"text": ""}]
        return [(0, len(result["text"]))]

    return find


if __name__ == "__main__":
    answer({"funasr.AutoModel": automodel})
