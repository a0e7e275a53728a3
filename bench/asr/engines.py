"""The endpoint's engine in a process of its own."""

from __future__ import annotations

from bench.answers import Find, answer


def ours() -> Find:
    """The endpoint's decoder and engine."""
    from services.asr.contract import ASRRequest, ASRSegment
    from services.asr.handler import SERVICE
    from services.asr.recognizer import SpeechRecognizer
    from shared.audio import Recording
    from shared.decode import decode

    recognizer = SpeechRecognizer.load(SERVICE.spec)
    request = ASRRequest(audio="-")

    def find(path: str) -> list[tuple[int, int]]:
        with open(path, "rb") as file:  # noqa: PTH123 - as the peer: a path is a string
            segments = recognizer.run(Recording(decode(file)), request)["segments"]
        assert isinstance(segments, list)
        found: list[ASRSegment] = segments
        return [(round(s.start * 1000), round(s.end * 1000)) for s in found]

    return find


if __name__ == "__main__":
    answer({"ours": ours})
