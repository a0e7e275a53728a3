"""The HTTP exchange: one GET, its redirects and retries, and the copy into a temporary file.

It uses urllib3's connections rather than its pools: the name is resolved and checked first, the
connection goes to the checked address, and the address it reached is checked again before anything
is sent. Proxy settings of the environment, cookies and ``.netrc`` play no part at that level.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, closing
from ipaddress import ip_address
from socket import EAI_AGAIN, gaierror, socket
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared.errors import InternalError, InvalidInput
from shared.fetch.addresses import is_refused
from shared.fetch.deadline import BoundedSocket, Deadline
from shared.fetch.failures import Failures, Passing
from shared.fetch.policy import FetchPolicy
from shared.fetch.target import Target, parse_target
from shared.fetch.trust import trust

USER_AGENT = "speech-service/1"
TRIES = 3
BACKOFF_S = 0.3  # before the second try; doubled before the third
IN_MEMORY_BYTES = 32 * 1024**2
_CHUNK_BYTES = 256 * 1024
_OK = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {429, 502, 503, 504}
_SERVER_ERRORS = range(500, 600)
_CLIENT_ERRORS = range(400, 500)


def download(target: Target, policy: FetchPolicy) -> BinaryIO:
    """Fetch ``target`` into a seekable file at offset 0.

    Raises:
        FetchFailed: the target cannot be reached, is refused or does not deliver.
        AudioTooLarge: more than ``policy.max_bytes`` bytes.
        InternalError: the worker has no room to keep the audio.
    """
    deadline = Deadline(policy.deadline_s, policy.cancelled)
    for attempt in range(1, TRIES):
        try:
            return _Attempt(target, policy, deadline).run()
        except Passing:
            pause = BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
            if pause >= deadline.remaining:
                raise
            time.sleep(pause)
    return _Attempt(target, policy, deadline).run()


class _Attempt:
    """One try, from the caller's URL through its redirects to the body."""

    def __init__(self, first: Target, policy: FetchPolicy, deadline: Deadline) -> None:
        self._first = first
        self._policy = policy
        self._deadline = deadline
        self._failures = Failures(first.origin)

    def run(self) -> BinaryIO:
        target = self._first
        for _ in range(self._policy.max_redirects + 1):
            with (
                closing(self._connect(target)) as connection,
                closing(self._ask(connection, target)) as response,
            ):
                if response.status not in _REDIRECTS:
                    self._check(response)
                    return self._keep(response)
                target = self._redirected(target, response)
        raise self._failures.final("redirects too often; give the final URL")

    def _connect(self, target: Target) -> HTTPConnection:
        failures = []
        for address in self._addresses(target):
            try:
                return self._connect_to(address, target)
            except Passing as failure:
                failures.append(failure)
        raise failures[-1]

    def _addresses(self, target: Target) -> list[str]:
        """Resolve the host; one refused address condemns them all."""
        try:
            found = self._deadline.run(
                lambda: self._policy.resolver(target.name, target.port),
                self._policy.read_timeout_s,
            )
            addresses = [str(ip_address(address)) for address in found]
        except TimeoutError:
            raise self._failures.passing("was not found in time; try again later") from None
        except gaierror as error:
            busy = error.errno == EAI_AGAIN
            kind = self._failures.passing if busy else self._failures.final
            raise kind("is an unknown host; check the URL") from None
        except (OSError, ValueError):
            addresses = []
        if not addresses:
            raise self._failures.final("is an unknown host; check the URL")
        if not self._policy.allow_private and any(map(is_refused, addresses)):
            raise self._failures.not_public()
        return addresses

    def _connect_to(self, address: str, target: Target) -> HTTPConnection:
        """Connect to a checked address, under the target's name."""
        with ExitStack() as undo, self._failures.translated(self._failures.unreachable()):
            timeout = self._deadline.left(self._policy.read_timeout_s)
            if target.scheme == "https":
                connection: HTTPConnection = HTTPSConnection(
                    address,
                    target.port,
                    timeout=timeout,
                    ssl_context=trust(),
                    server_hostname=target.name,  # urllib3 takes a final dot off
                )
            else:
                connection = HTTPConnection(address, target.port, timeout=timeout)
            undo.callback(connection.close)
            connection.connect()
            sock: socket = connection.sock
            if not self._policy.allow_private and is_refused(sock.getpeername()[0]):
                raise self._failures.not_public()
            bounded = BoundedSocket(sock, self._deadline, self._policy.read_timeout_s)
            connection.sock = cast("socket", bounded)  # it offers all that http.client uses
            undo.pop_all()
        return connection

    def _ask(self, connection: HTTPConnection, target: Target) -> BaseHTTPResponse:
        headers = {
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        with self._failures.translated(self._failures.broken()):
            connection.request(
                "GET",
                target.request_uri,
                headers=headers,
                preload_content=False,
                decode_content=False,
            )
            return connection.getresponse()

    def _redirected(self, target: Target, response: BaseHTTPResponse) -> Target:
        # http.client reads headers as Latin-1; servers that do not escape them write UTF-8.
        location = response.headers.get("Location", "").encode("latin-1").decode("utf-8", "replace")
        if not location:
            raise self._failures.final("redirects to nowhere; give the final URL")
        try:
            return parse_target(urljoin(target.url, location), self._policy)
        except (InvalidInput, ValueError):
            raise self._failures.final("redirects to a URL that is not allowed") from None

    def _check(self, response: BaseHTTPResponse) -> None:
        """Refuse every answer but a plain body of acceptable size."""
        status = response.status
        answer = f"answered with status {status};"
        if status in _BUSY:
            raise self._failures.passing(f"{answer} try again later")
        if status in _SERVER_ERRORS:
            raise self._failures.final(f"{answer} try again later", retryable=True)
        if status in _CLIENT_ERRORS:
            raise self._failures.final(f"{answer} check that the link is valid and needs no login")
        if status != _OK:
            raise self._failures.final(f"{answer} give a URL that answers with the whole file")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._failures.final("sent compressed content; give a URL of the plain file")
        if response.headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
            raise self._failures.final("uses a transfer coding that is not supported")
        if (response.length_remaining or 0) > self._policy.max_bytes:
            raise self._policy.too_large()

    def _keep(self, response: BaseHTTPResponse) -> BinaryIO:
        """Copy the body, counting."""
        size = 0
        with ExitStack() as undo:
            spool = undo.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))
            while chunk := self._read(response):
                size += len(chunk)
                if size > self._policy.max_bytes:
                    raise self._policy.too_large()
                _write(spool, chunk)
            spool.seek(0)
            undo.pop_all()
        return cast("BinaryIO", spool)  # typeshed lists it apart from BinaryIO

    def _read(self, response: BaseHTTPResponse) -> bytes:
        with self._failures.translated(self._failures.broken()):
            return response.read(_CHUNK_BYTES)


def _write(spool: SpooledTemporaryFile[bytes], chunk: bytes) -> None:
    try:
        spool.write(chunk)
    except OSError:  # its text may hold the path
        raise InternalError("the worker has no room on its disk to keep the audio") from None
