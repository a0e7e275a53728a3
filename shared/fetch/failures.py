"""Faults of the network in words that give nothing away.

The texts of the network's own exceptions hold addresses, paths and queries. Each is replaced by a
sentence about the origin (scheme and host) that the caller gave, wherever a name or a redirect has
led since.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from urllib3 import exceptions as urllib3_errors

from shared.errors import FetchFailed

# Its warnings are about the other side's headers, and one of them quotes the whole URL.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Passing(FetchFailed):
    """A fault that may be over in a moment, so the fetch itself tries again."""

    retryable = True


class Failures:
    """Makes the errors of one fetch."""

    def __init__(self, origin: str) -> None:
        """Speak of ``origin``, as in ``https://host``."""
        self._origin = origin

    def final(self, what: str, *, retryable: bool = False) -> FetchFailed:
        """Make the error for a fault that this fetch does not try to outlast."""
        return FetchFailed(f"{self._origin} {what}", retryable=retryable)

    def passing(self, what: str) -> Passing:
        """Make the error for a fault that the next try may not meet."""
        return Passing(f"{self._origin} {what}")

    def unreachable(self) -> FetchFailed:
        """No connection came about."""
        return self.passing("cannot be reached; check the URL or try later")

    def broken(self) -> FetchFailed:
        """A connection ended early."""
        return self.final("broke off before the audio was whole; try again", retryable=True)

    def not_public(self) -> FetchFailed:
        """An address is one that workers stay away from."""
        return self.final("does not lead to a public address; give a URL on the internet")

    @contextmanager
    def translated(self, otherwise: FetchFailed) -> Iterator[None]:
        """Translate what urllib3 and sockets raise; ``otherwise`` is for a lost connection.

        Raises:
            FetchFailed: in place of any fault of the network.
        """
        try:
            yield
        except urllib3_errors.NewConnectionError:  # urllib3 derives it from its TimeoutError
            raise otherwise from None
        except (TimeoutError, urllib3_errors.TimeoutError):
            raise self.passing("did not deliver in time; try again later") from None
        except ssl.SSLCertVerificationError:
            raise self.final("has a TLS certificate that is not valid for it") from None
        except (ssl.SSLError, urllib3_errors.SSLError):
            raise self.final("cannot be talked to over TLS 1.2 or newer") from None
        except (OSError, urllib3_errors.ProtocolError):
            raise otherwise from None
        except (HTTPException, urllib3_errors.HTTPError):
            raise self.final("gave an answer that is not valid HTTP") from None
