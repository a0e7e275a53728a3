"""Every error that a caller, or whoever starts a worker, can meet.

    SpeechError
    |-- InvalidInput       invalid_input       the request is malformed
    |-- FetchFailed        fetch_failed        the audio could not be fetched from its URL
    |-- DecodeFailed       decode_failed       the bytes are not audio this service can read
    |-- AudioTooLarge      audio_too_large     more bytes than the service accepts
    |-- AudioTooLong       audio_too_long      more seconds than the service accepts
    |-- ResultTooLarge     result_too_large    the answer exceeds what RunPod passes on
    |-- OutOfMemory        out_of_memory       there is too little memory for the job
    |-- AcceleratorFailed  accelerator_failed  the GPU is broken; the worker is replaced
    |-- InternalError      internal_error      a fault of ours; details are in the worker's log
    `-- ModelError
        |-- ModelMissing   model_missing       a model, or a file of it, is not where it should be
        |-- ModelAltered   model_altered       a model file differs from its lock
        |-- ModelOutdated  model_outdated      a volume's model is another than the image is for
        |-- ModelNotCopied model_not_copied    a model cannot be copied to the local disk
        `-- ModelUnusable  model_unusable      whole files, but not the model that was asked for

RunPod takes a job's `error` as a string, so an error travels as ``"code: message"``. Codes are
stable: clients branch on them. Messages are for people and never hold a path, a query string or a
traceback.
"""

from __future__ import annotations

from typing import ClassVar

LONGEST_CAUSE = 300  # characters


class SpeechError(Exception):
    """Base of all typed errors.

    Attributes:
        code: stable identifier of the kind of error.
        message: one sentence that says what is wrong and, where there is one, what to do.
        retryable: whether the same request may succeed when it is sent again.
        fresh_worker: whether this worker cannot go on, so that RunPod has to replace it.
        disclose_cause: whether the text of ``__cause__`` may be shown to the caller.
    """

    code: ClassVar[str] = "error"
    disclose_cause: ClassVar[bool] = False
    retryable: bool = False
    fresh_worker: bool = False

    def __init__(self, message: str, *, retryable: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        if self.disclose_cause and self.__cause__ is not None:
            cause = " ".join(str(self.__cause__).split())
            return f"{self.code}: {self.message} ({cause[:LONGEST_CAUSE]})"
        return f"{self.code}: {self.message}"


class InvalidInput(SpeechError):
    """The request is malformed."""

    code = "invalid_input"


class FetchFailed(SpeechError):
    """The audio could not be fetched from its URL."""

    code = "fetch_failed"


class DecodeFailed(SpeechError):
    """The bytes are not audio this service can read."""

    code = "decode_failed"


class AudioTooLarge(SpeechError):
    """The audio has more bytes than the service accepts."""

    code = "audio_too_large"


class AudioTooLong(SpeechError):
    """The audio lasts longer than the service accepts."""

    code = "audio_too_long"


class ResultTooLarge(SpeechError):
    """The result exceeds what RunPod passes on to the caller."""

    code = "result_too_large"


class OutOfMemory(SpeechError):
    """There is too little memory for the job; if it is the GPU's, the worker is replaced."""

    code = "out_of_memory"
    retryable = True


class AcceleratorFailed(SpeechError):
    """The GPU no longer answers; only a fresh worker can go on."""

    code = "accelerator_failed"
    retryable = True
    fresh_worker = True


class InternalError(SpeechError):
    """A fault of the service itself."""

    code = "internal_error"


class ModelError(SpeechError):
    """The worker has no usable model, so it must not start."""

    code = "model_error"


class ModelMissing(ModelError):
    """A model, or one of its files, is not where it should be."""

    code = "model_missing"


class ModelAltered(ModelError):
    """A model file differs from what its lock says."""

    code = "model_altered"


class ModelOutdated(ModelError):
    """The model on a volume is whole, but of another revision than the image was made for."""

    code = "model_outdated"


class ModelNotCopied(ModelError):
    """A model cannot be copied to the local disk, as MODELS_COPY asks for."""

    code = "model_not_copied"


class ModelUnusable(ModelError):
    """The files are whole, but they are not the model that was asked for."""

    code = "model_unusable"
    disclose_cause = True  # only whoever starts the worker sees it, and needs it to mend the model
