"""The caller's audio reference, turned safely into a seekable binary file.

A reference is an ``https://`` URL, a ``data:`` URI or plain base64. This package is the only code
of a service that touches the network while it runs. What it guards against, and where:

    policy      the limits
    target      what may be asked for: scheme, host, port
    addresses   where a name may lead (SSRF)
    trust       whose TLS certificates count
    deadline    one end for everything that waits on the network
    transfer    the HTTP exchange: redirects, retries, size
    inline      base64

Errors name at most the scheme and host the caller sent: no path, query, userinfo or address.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from shared.fetch.inline import open_base64
from shared.fetch.policy import FetchPolicy

__all__ = ["FetchPolicy", "open_audio", "open_base64", "open_url"]

_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)  # RFC 3986 §3.1


def open_audio(text: str, policy: FetchPolicy) -> BinaryIO:
    """Open the reference in ``text``: a URL if it begins with ``<scheme>://``, else base64.

    Args:
        text: URL, ``data:`` URI or base64.
        policy: limits.

    Returns:
        A seekable binary file at offset 0; the caller closes it.

    Raises:
        InvalidInput: the reference is malformed, or its scheme or port is not allowed.
        FetchFailed: the URL cannot be reached, is refused or does not deliver.
        AudioTooLarge: more than ``policy.max_bytes`` bytes.
    """
    return open_url(text, policy) if _URL.match(text) else open_base64(text, policy)


def open_url(url: str, policy: FetchPolicy) -> BinaryIO:
    """Download ``url`` into a temporary file, in memory while it is small.

    Args:
        url: absolute URL without userinfo; ``https`` unless the policy allows ``http``.
        policy: limits.

    Returns:
        A seekable binary file at offset 0; the caller closes it.

    Raises:
        InvalidInput: the URL is malformed, or its scheme or port is not allowed.
        FetchFailed: the URL cannot be reached, is refused or does not deliver.
        AudioTooLarge: more than ``policy.max_bytes`` bytes.
        InternalError: the worker has no room to keep the audio.
    """
    # urllib3 takes 0.1 s to import, which a base64 job should not pay.
    from shared.fetch.target import parse_target
    from shared.fetch.transfer import download

    return download(parse_target(url, policy), policy)
