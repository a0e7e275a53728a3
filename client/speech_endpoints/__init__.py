"""Speech endpoints on RunPod, called from Python: typed results, or an error with a code.

``VAD``, ``Diarization`` and ``ASR`` wait for their results; ``AsyncVAD``, ``AsyncDiarization`` and
``AsyncASR`` are awaited. Errors are in ``speech_endpoints.failures``.
"""

from __future__ import annotations

from speech_endpoints.blocking import ASR, VAD, Diarization
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncVAD
from speech_endpoints.vendored.shared.errors import SpeechError

__all__ = [
    "ASR",
    "VAD",
    "AsyncASR",
    "AsyncDiarization",
    "AsyncVAD",
    "Diarization",
    "SpeechError",
]
__version__ = "0.1.0"
