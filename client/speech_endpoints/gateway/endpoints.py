"""The endpoints behind the gateway."""

from __future__ import annotations

from typing import NamedTuple

from speech_endpoints.endpoint import Settings
from speech_endpoints.pair import AsyncPair
from speech_endpoints.services import AsyncASR, AsyncTranscribe
from speech_endpoints.vendored.shared.errors import InvalidInput

_PARTS = 2  # of a long recording at a time, in memory


class Endpoints(NamedTuple):
    """What answers.

    Attributes:
        asr: says what was said.
        transcribe: says who said it; None where nothing tells speakers apart.
    """

    asr: AsyncASR
    transcribe: AsyncTranscribe | AsyncPair | None

    @classmethod
    def named(
        cls, endpoint: str, diarization: str | None, *, bundle: bool, timeout_s: float
    ) -> Endpoints:
        """Those with these ids or URLs.

        Args:
            endpoint: recognises; or a bundle, which does everything.
            diarization: tells speakers apart, where there is no bundle.
            bundle: whether ``endpoint`` is one.
            timeout_s: until a result.

        Raises:
            SpeechError: one is no endpoint, or there is no key for it.
        """
        settings: Settings = {"timeout_s": timeout_s, "parallel": _PARTS}
        recognising: Settings = {**settings, "bundle": bundle}
        asr = AsyncASR(endpoint, **recognising)
        if bundle and diarization:
            raise InvalidInput("a bundle tells speakers apart by itself: give one of the two")
        if bundle:
            return cls(asr, AsyncTranscribe(endpoint, **settings))
        return cls(asr, AsyncPair(diarization, endpoint, **settings) if diarization else None)
