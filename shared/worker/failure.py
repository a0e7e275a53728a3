"""What becomes of an exception: a typed error for the caller, a line in the log for us."""

from __future__ import annotations

import logging
import traceback
import uuid
from pathlib import Path
from typing import Any

from shared.errors import AcceleratorFailed, InternalError, OutOfMemory, SpeechError

logger = logging.getLogger("speech")

_ROOT = Path(__file__).resolve().parents[2]
_ALLOCATOR = "DefaultCPUAllocator"  # torch's, whose error is a RuntimeError
_GPU_FAULTS = ("CUDA error", "cuDNN error", "CUBLAS_STATUS", "device-side assert")


def typed(error: BaseException) -> SpeechError:
    """The typed error that stands for any exception.

    What is not one of ours is logged with the places it went through and without its message,
    which may quote the caller's data.
    """
    if isinstance(error, SpeechError):
        return error
    if isinstance(error, MemoryError) or _says(error, _ALLOCATOR):
        return OutOfMemory("the job needs more memory than this worker has; send less audio")
    if type(error).__name__ == "OutOfMemoryError":
        return _gpu_full()
    if _is_gpu_fault(error):
        return AcceleratorFailed("the GPU stopped answering; send the job again")
    incident = uuid.uuid4().hex[:8]
    logger.error("internal error %s: %s", incident, _places(error))
    return InternalError(f"the service failed on this job (incident {incident})")


def response(error: SpeechError) -> dict[str, Any]:
    """The handler's return value for a failed job, in RunPod's terms."""
    answer: dict[str, Any] = {"error": message(error)}
    if error.fresh_worker:
        answer["refresh_worker"] = True
    return answer


def message(error: SpeechError) -> str:
    """``code: message``, free of what cannot be encoded (a lone surrogate in a field's name)."""
    return str(error).encode("utf-8", "replace").decode("utf-8")


def _gpu_full() -> OutOfMemory:
    """What a network computes at once is bounded, so what fills a GPU is not the job's audio."""
    error = OutOfMemory("the GPU has no memory left; send the job again")
    error.fresh_worker = True
    return error


def _is_gpu_fault(error: BaseException) -> bool:
    if type(error).__name__ == "AcceleratorError":
        return True
    return _says(error, *_GPU_FAULTS)


def _says(error: BaseException, *words: str) -> bool:
    """Whether it is an error of torch's with one of these words in it."""
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def _places(error: BaseException) -> str:
    frames = [
        f"{_relative(Path(frame.filename))}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return " < ".join([type(error).__name__, *reversed(frames)])


def _relative(path: Path) -> str:
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else path.name
