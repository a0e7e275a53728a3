"""Audio inside the request: base64 (RFC 4648) and ``data:`` URIs (RFC 2397)."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import BinaryIO

from shared.errors import InvalidInput
from shared.fetch.policy import FetchPolicy

_WHITESPACE = b" \t\r\n\f\v"
_STANDARD = bytes.maketrans(b"-_", b"+/")
_DATA_URI = re.compile(r"\s*data:([^,]{0,256}),", re.IGNORECASE)


def open_base64(text: str, policy: FetchPolicy) -> BinaryIO:
    """Decode ``text``: base64 in the standard or URL-safe alphabet, or a ``data:`` URI of it.

    Whitespace is skipped and the padding may be left out; everything else is strict, so that a
    damaged or cut-off text is an error rather than noise.

    Args:
        text: what the caller sent.
        policy: limits; the decoded size is checked before anything is decoded.

    Returns:
        The decoded bytes as a seekable file at offset 0.

    Raises:
        InvalidInput: the text is empty or not base64.
        AudioTooLarge: more than ``policy.max_bytes`` bytes.
    """
    payload = _payload(text)
    body = payload.rstrip(b"=")
    padding = len(payload) - len(body)
    if len(body) * 3 // 4 > policy.max_bytes:
        raise policy.too_large()
    if not body:
        raise InvalidInput("the audio is empty; give a URL or base64")
    if padding not in {0, -len(body) % 4}:
        raise _not_base64()
    body += b"=" * (-len(body) % 4)
    try:
        decoded = base64.b64decode(body, validate=True)
    except ValueError:
        raise _not_base64() from None
    # The last characters may hold more bits than the bytes need (RFC 4648 §3.5). Set bits there
    # mean that the text was cut off.
    if base64.b64encode(decoded[(len(decoded) - 1) // 3 * 3 :]) != body[-4:]:
        raise _not_base64()
    return BytesIO(decoded)


def _payload(text: str) -> bytes:
    """Strip a ``data:`` prefix and whitespace; bring the text into the standard alphabet."""
    prefix = _DATA_URI.match(text)
    if prefix and not prefix[1].lower().endswith(";base64"):
        raise InvalidInput("the data: URI must hold base64 (data:audio/wav;base64,...)")
    try:
        payload = text[prefix.end() if prefix else 0 :].encode("ascii")
    except UnicodeEncodeError:
        raise _not_base64() from None
    url_safe = b"-" in payload or b"_" in payload
    if url_safe and (b"+" in payload or b"/" in payload):
        raise _not_base64()
    return payload.translate(_STANDARD if url_safe else None, _WHITESPACE)


def _not_base64() -> InvalidInput:
    return InvalidInput(
        "the audio is neither a URL that begins with https:// nor whole, valid base64"
    )
