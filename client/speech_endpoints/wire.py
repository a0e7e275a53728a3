"""The HTTP of one endpoint: what may be sent again, and what is never sent twice.

RunPod knows no idempotency key. So a job is sent again only where it certainly did not arrive: no
connection came about, or the answer was 429. When an answer is lost, or is a 5xx, nobody can tell
whether the job runs, and that is what the caller is told. Questions are asked again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Self

import anyio
import httpx

from speech_endpoints.failures import (
    LONGEST_REASON,
    CallError,
    EndpointNotFound,
    JobGone,
    NotAuthorised,
    OutcomeUnknown,
    Refused,
    TooManyRequests,
    Unreachable,
)
from speech_endpoints.keys import Address

Json = dict[str, Any]

ANSWER_S = 60.0  # until an answer to what has been sent
_SHORTEST_S, _LONGEST_S = 0.5, 10.0  # between two attempts
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Wire:
    """Speaks to one endpoint.

    Args:
        address: the endpoint.
        patience_s: for how long an endpoint that cannot be reached is tried again.
    """

    def __init__(self, address: Address, patience_s: float = 30.0) -> None:
        self._patience_s = patience_s
        headers = {"Authorization": f"Bearer {address.key.get_secret_value()}"}
        timeout = httpx.Timeout(ANSWER_S, connect=10.0)
        many = httpx.Limits(max_connections=None)
        # A kept connection that the server closes just then looks like one that took the job, so
        # jobs go over connections of their own.
        fresh = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._asking, self._sending = (
            httpx.AsyncClient(base_url=address.url, headers=headers, timeout=timeout, limits=limits)
            for limits in (many, fresh)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.aclose()
        await self._sending.aclose()

    async def send_job(self, route: str, body: bytes) -> Json:
        """Submit a job, once.

        Args:
            route: ``run`` or ``runsync``, with its query.
            body: the JSON of the request.

        Returns:
            The job as it is: at least its ``id`` and ``status``.

        Raises:
            OutcomeUnknown: whether the job exists cannot be told.
            CallError: it does not. Nor does it when this is cancelled.
        """
        headers = {"Content-Type": "application/json"}
        for pause in self._pauses():
            try:
                # Whoever gives up meanwhile waits for the job's id, so that it can be cancelled.
                with anyio.CancelScope(shield=True):
                    reply = await self._sending.post(f"/{route}", content=body, headers=headers)
            except _NOT_SENT as error:
                problem: CallError = Unreachable(_unreachable(error))
            except httpx.TransportError as error:
                raise OutcomeUnknown(
                    f"the job was sent, and no answer came ({_name(error)})"
                ) from None
            else:
                if reply.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    return _job(reply)
                problem = TooManyRequests(
                    "the endpoint takes no more jobs for now; send fewer at a time"
                )
            if pause is None:
                raise problem
            await anyio.sleep(pause)
        raise AssertionError  # the last pause is None

    async def ask(self, path: str) -> Json:
        """GET something of the endpoint, as often as it takes.

        Raises:
            CallError: there is no answer, or it says no.
        """
        return await self._again("GET", path)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job; one that has ended stays as it is.

        Raises:
            CallError: there is no answer, or it says no.
        """
        await self._again("POST", f"cancel/{job_id}")

    async def _again(self, method: str, path: str) -> Json:
        for pause in self._pauses():
            try:
                reply = await self._asking.request(method, f"/{path}")
            except httpx.TransportError as error:
                problem: CallError = Unreachable(_unreachable(error))
            else:
                if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    problem = TooManyRequests("the endpoint is asked too often")
                elif reply.status_code < 500:
                    return _content(reply, path)
                else:
                    problem = Unreachable(f"the endpoint answers HTTP {reply.status_code}")
            if pause is None:
                raise problem
            await anyio.sleep(pause)
        raise AssertionError  # the last pause is None

    def _pauses(self) -> Iterator[float | None]:
        """Seconds between attempts, ever longer; None when patience is at its end."""
        until, pause = anyio.current_time() + self._patience_s, _SHORTEST_S
        while anyio.current_time() + pause < until:
            yield pause * random.uniform(0.5, 1)  # noqa: S311 - so that clients do not march in step
            pause = min(2 * pause, _LONGEST_S)
        yield None


def _job(reply: httpx.Response) -> Json:
    if reply.status_code >= 500:
        raise OutcomeUnknown(f"the job was sent, and HTTP {reply.status_code} came back")
    job = _content(reply, "")
    if not isinstance(job.get("id"), str) or not isinstance(job.get("status"), str):
        raise OutcomeUnknown("the job was sent, and the answer names no job")
    return job


def _content(reply: httpx.Response, path: str) -> Json:
    """The JSON object of an answer.

    Raises:
        CallError: it is a refusal, or none.
    """
    operation, _, job_id = path.partition("/")
    match reply.status_code:
        case 401 | 403:
            raise NotAuthorised("the endpoint is not there for this API key")
        case 404 if job_id:
            raise JobGone(f"the endpoint knows no such job ({operation})", job_id.partition("?")[0])
        case 404:
            raise EndpointNotFound("there is no such endpoint; check its id or URL")
    try:
        content = reply.json()
    except ValueError:
        content = None
    if not reply.is_success:
        told = content.get("error") or content.get("detail") if isinstance(content, dict) else None
        reason = f": {told}"[:LONGEST_REASON] if isinstance(told, str) else ""
        raise Refused(f"HTTP {reply.status_code}{reason}")
    if not isinstance(content, dict):
        raise (Refused if path else OutcomeUnknown)("what answers is no RunPod endpoint")
    return content


def _unreachable(error: httpx.TransportError) -> str:
    return f"the endpoint cannot be reached ({_name(error)})"


def _name(error: httpx.TransportError) -> str:
    # The text of such an error may hold a URL.
    return type(error).__name__
