"""The engines that find who spoke when, each in the environment it belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable

from bench.answers import Find, answer


def ours() -> Find:
    """The endpoint's decoder and engine."""
    from services.diarization.contract import DiarizationRequest, SpeakerTurn
    from services.diarization.diarizer import Diarizer
    from services.diarization.handler import SERVICE
    from shared.audio import Recording
    from shared.decode import decode

    diarizer = Diarizer.load(SERVICE.spec)
    request = DiarizationRequest(audio="-")

    def find(path: str) -> list[tuple[int, int]]:
        with open(path, "rb") as file:  # noqa: PTH123 - as the peer: a path is a string
            turns = diarizer.run(Recording(decode(file)), request)["turns"]
        assert isinstance(turns, list)
        found: list[SpeakerTurn] = turns
        return [(round(turn.start * 1000), round(turn.end * 1000)) for turn in found]

    return find


def modelscope() -> Find:
    """ModelScope's pipeline, unmodified, with local models, no network, and every core."""
    import torch
    from modelscope.pipelines import pipeline

    diarization = pipeline(
        task="speaker-diarization", model=os.environ["DIARIZATION_PIPELINE"], device="cpu"
    )
    cores = int(os.environ["BENCH_CORES"])

    def find(path: str) -> list[tuple[int, int]]:
        torch.set_num_threads(cores)
        return [(round(a * 1000), round(b * 1000)) for a, b, _ in diarization(path)["text"]]

    return find


ENGINES: dict[str, Callable[[], Find]] = {"ours": ours, "modelscope": modelscope}

if __name__ == "__main__":
    answer(ENGINES)
