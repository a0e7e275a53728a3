"""Whose TLS certificates count: the system's authorities, or certifi's where it has none."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

import certifi


def trust() -> ssl.SSLContext:
    """Give the context for verified TLS, which honours ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``."""
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)  # reading the authorities takes tens of milliseconds
def _context(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    directory = ssl.get_default_verify_paths().capath
    # OpenSSL reads a directory of authorities on demand, so the store alone does not tell.
    on_demand = directory is not None and any(Path(directory).iterdir())
    if not context.cert_store_stats()["x509_ca"] and not on_demand:
        context.load_verify_locations(certifi.where())
    return context
