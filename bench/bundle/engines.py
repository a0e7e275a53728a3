"""The bundle's engine in a process of its own: all in one, or one task after the other."""

from __future__ import annotations

from bench.answers import Find, answer


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


if __name__ == "__main__":
    answer({"transcribe": transcribe, "separately": separately})
