"""Speech endpoints on RunPod, called from Python: typed results, or an error with a code.

``VAD``, ``Diarization`` and ``ASR`` wait for their results, and so does ``Bundle``, which is all of
them behind one endpoint; ``AsyncVAD`` and its like are awaited. Errors are in
``speech_endpoints.failures``.
"""

from __future__ import annotations

from speech_endpoints.blocking import ASR, VAD, Bundle, Diarization
from speech_endpoints.bundle import AsyncBundle
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncVAD
from speech_endpoints.vendored.shared.errors import SpeechError

__all__ = [
    "ASR",
    "VAD",
    "AsyncASR",
    "AsyncBundle",
    "AsyncDiarization",
    "AsyncVAD",
    "Bundle",
    "Diarization",
    "SpeechError",
]
__version__ = "0.1.0"
