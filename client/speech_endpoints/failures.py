"""What can go wrong with a call: the services' own errors, and what happens on the way to them.

SpeechError                                  the services' errors, by their codes, and
`-- CallError
    |-- NoKey             no_key             there is no API key
    |-- NotAuthorised     not_authorised     the endpoint does not accept the key
    |-- EndpointNotFound  endpoint_not_found there is no such endpoint
    |-- WrongEndpoint     wrong_endpoint     it is a bundle and not called as one, or no bundle
    |-- Refused           refused            the endpoint does not take the request
    |-- TooManyRequests   too_many_requests  it went on saying so for too long
    |-- Unreachable       unreachable        the endpoint could not be reached for too long
    |-- OutcomeUnknown    outcome_unknown    a job was sent, and its id never came back
    |-- JobFailed         job_failed         the job failed for a reason the service does not give
    |-- JobCancelled      job_cancelled      somebody cancelled the job
    |-- JobTimedOut       job_timed_out      the job exceeded RunPod's time limit
    |-- JobGone           job_gone           RunPod no longer knows the job
    |-- ResultLost        result_lost        the job is done, and has no result that can be read
    `-- WaitedTooLong     waited_too_long    the caller's own time limit; the job was cancelled
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from speech_endpoints.vendored.shared import errors
from speech_endpoints.vendored.shared.errors import SpeechError

__all__ = [
    "CallError", "EndpointNotFound", "JobCancelled", "JobFailed", "JobGone", "JobTimedOut", "NoKey",
    "NotAuthorised", "OutcomeUnknown", "Refused", "ResultLost", "SpeechError", "TooManyRequests",
    "Unreachable", "WaitedTooLong", "WrongEndpoint",
]  # fmt: skip

LONGEST_REASON = 300


class CallError(SpeechError):
    """What went wrong between a caller and a service.

    Attributes:
        job_id: of the job it happened to, if there is one.
    """

    code = "call_error"

    def __init__(self, message: str, job_id: str | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id


class NoKey(CallError):
    """There is no API key."""

    code = "no_key"


class NotAuthorised(CallError):
    """The endpoint does not accept the key."""

    code = "not_authorised"


class EndpointNotFound(CallError):
    """There is no such endpoint."""

    code = "endpoint_not_found"


class WrongEndpoint(CallError):
    """The endpoint is a bundle and is not called as one, or the other way round."""

    code = "wrong_endpoint"


class Refused(CallError):
    """The endpoint does not take the request; no job came of it."""

    code = "refused"


class TooManyRequests(CallError):
    """The endpoint went on saying so for too long."""

    code = "too_many_requests"
    retryable = True


class Unreachable(CallError):
    """The endpoint could not be reached for too long; a job that was sent goes on meanwhile."""

    code = "unreachable"
    retryable = True


class OutcomeUnknown(CallError):
    """A job was sent and its id never came back: it may run, and be paid for, or not exist."""

    code = "outcome_unknown"


class JobFailed(CallError):
    """The job failed for a reason that the service does not give: its worker died, for example."""

    code = "job_failed"


class JobCancelled(CallError):
    """Somebody cancelled the job."""

    code = "job_cancelled"


class JobTimedOut(CallError):
    """The job exceeded RunPod's limit on its time."""

    code = "job_timed_out"


class JobGone(CallError):
    """RunPod no longer knows the job: it keeps results for 30 minutes, of /runsync for one."""

    code = "job_gone"


class ResultLost(CallError):
    """The job is done, and there is no result that can be read."""

    code = "result_lost"


class WaitedTooLong(CallError):
    """The caller's own time limit has passed; the job was cancelled."""

    code = "waited_too_long"


def job_error(error: object, job_id: str) -> SpeechError:
    """A job's ``error`` as the exception it stands for."""
    text = error if isinstance(error, str) else json.dumps(error)
    code, _, message = text.partition(": ")
    if code == errors.InvalidInput.code:
        for beginning, told in _OF_TASK.items():
            if message.startswith(beginning):
                return WrongEndpoint(told, job_id)
    if kind := _BY_CODE.get(code):
        found = kind(message)
        found.add_note(f"job {job_id}")
        return found
    return JobFailed(_reason(text), job_id)


def _reason(text: str) -> str:
    """What RunPod's SDK makes of an exception, without its traceback and host names."""
    try:
        told = json.loads(text)
        text = f"{told['error_type']}: {told['error_message']}"
    except (ValueError, TypeError, KeyError):
        text = text.partition("\n")[0]
    return text[:LONGEST_REASON] or "no reason is given"


def _kinds(above: type[SpeechError]) -> Iterator[type[SpeechError]]:
    for kind in above.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from _kinds(kind)


# The task is the client's to say: where a service speaks of it, it is another than was called.
_OF_TASK = {
    "task: ": "the endpoint is a bundle: call it as one, with Bundle(...) in Python, and with "
    "--bundle, or `speech transcribe`, in a terminal",
    "unknown field task": "the endpoint is no bundle, but has one service alone",
}
_BY_CODE = {kind.code: kind for kind in _kinds(SpeechError)}
