"""What may be asked for: the parts of a URL, checked.

Only what was parsed here is ever resolved, connected to and sent, so no second parser can read the
URL differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from shared.errors import InvalidInput
from shared.fetch.policy import FetchPolicy

MAX_LENGTH = 8192  # characters; a presigned URL has about 2000
_DEFAULT_PORTS = {"https": 443, "http": 80}
_CONTROL_OR_BACKSLASH = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9._-]{1,254}|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of an accepted URL.

    Attributes:
        scheme: ``https`` or ``http``.
        host: name in lower-case ASCII (IDNA), IPv4 address, or IPv6 address in brackets.
        port: TCP port.
        request_uri: percent-encoded path and query.
    """

    scheme: str
    host: str
    port: int
    request_uri: str

    @property
    def origin(self) -> str:
        """The part that may be shown in a message."""
        return f"{self.scheme}://{self.host}"

    @property
    def name(self) -> str:
        """The host as resolvers and certificates know it."""
        return self.host.strip("[]")

    @property
    def authority(self) -> str:
        """Value of the ``Host`` header."""
        host = self.host.rstrip(".")
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL that relative redirects refer to."""
        return f"{self.scheme}://{self.authority}{self.request_uri}"


def parse_target(url: str, policy: FetchPolicy) -> Target:
    """Take a URL apart.

    Raises:
        InvalidInput: the URL is malformed, or its scheme or port is not allowed.
    """
    url = url.strip()
    if len(url) > MAX_LENGTH or _CONTROL_OR_BACKSLASH.search(url):
        raise InvalidInput(
            f"the audio URL is malformed; give at most {MAX_LENGTH} characters, "
            "without spaces, control characters or backslashes"
        )
    try:
        parsed = parse_url(url)
    except LocationParseError:
        raise InvalidInput("the audio URL is malformed; check its host and port") from None
    schemes = ("https", "http") if policy.allow_http else ("https",)
    scheme = parsed.scheme or ""
    if scheme not in schemes:
        raise InvalidInput(f"the audio URL must begin with {' or '.join(schemes)}://")
    if parsed.auth is not None:
        raise InvalidInput("the audio URL must not hold a user name or password; presign it")
    host = (parsed.host or "").lower()
    if not _HOST.fullmatch(host):
        raise InvalidInput("the audio URL has no valid host")
    port = _DEFAULT_PORTS[scheme] if parsed.port is None else parsed.port
    if not policy.allow_private and port not in policy.ports:
        raise InvalidInput("the audio URL has a port that is not allowed; leave the port out")
    return Target(scheme, host, port, parsed.request_uri)
