"""The bundle's engine in a process of its own, asked in one way or another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.answers import Find, answer

CLIPS = 32


def transcribe() -> Find:
    """Who said what, in one pass."""
    return _find("transcribe")


def separately() -> Find:
    """Who spoke when, and then what was said."""
    return _find("diarization", "asr")


def _find(*tasks: str) -> Find:
    from services.bundle.engines import Bundle
    from services.bundle.handler import SERVICE
    from shared.audio import Recording
    from shared.decode import decode
    from shared.worker.request import choose

    bundle = Bundle.load(SERVICE.spec)
    jobs = [{"task": task, "audio": "-"} for task in tasks]
    requests = [choose(SERVICE.contracts, job).request.model_validate(job) for job in jobs]

    def find(path: str) -> list[tuple[int, int]]:
        for request in requests:
            with open(path, "rb") as file:  # noqa: PTH123 - a path is a string
                bundle.run(Recording(decode(file)), request)
        return []

    return find


def _clips(task: str, at_once: int) -> Callable[[], Find]:
    """The same recording, as many times as there are to be clips, so many of them at once."""

    def load() -> Find:
        one, jobs = _find(task), ThreadPoolExecutor(at_once)

        def find(path: str) -> list[tuple[int, int]]:
            return [span for found in jobs.map(one, [path] * CLIPS) for span in found]

        return find

    return load


if __name__ == "__main__":
    ways = {"one after the other": 1, "at once": CLIPS}
    tasks = {
        f"{task}, {how}": _clips(task, at_once)
        for task in ("vad", "diarization", "asr")
        for how, at_once in ways.items()
    }
    answer({"transcribe": transcribe, "separately": separately, **tasks})
