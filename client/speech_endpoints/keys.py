"""Which endpoint is meant, and the key for it."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from speech_endpoints.failures import NoKey
from speech_endpoints.vendored.shared.errors import InvalidInput

RUNPOD = "https://api.runpod.ai/v2"
ANY_KEY = SecretStr("any")  # for an emulator or a container of one's own, which take any


@dataclass(frozen=True, slots=True)
class Address:
    """An endpoint.

    Attributes:
        url: what its operations (``/run``, ``/status``) are below.
        key: sent to it, and shown nowhere.
    """

    url: str
    key: SecretStr


def address(endpoint: str, api_key: str | None = None) -> Address:
    """Find an endpoint and its key.

    The key in the environment or in RunPod's file is RunPod's, and goes nowhere else: an endpoint
    at another address gets the key that is given here, or a word that is no secret.

    Args:
        endpoint: its id on RunPod, or a URL such as ``http://localhost:8000/v2/vad``.
        api_key: instead of RUNPOD_API_KEY or what ``~/.runpod/config.toml`` holds.

    Raises:
        InvalidInput: it is neither.
        NoKey: it is on RunPod and there is no key.
    """
    url = _url(endpoint)
    if api_key:
        return Address(url, SecretStr(api_key))
    if not _is_runpods(url):
        return Address(url, ANY_KEY)
    if found := os.environ.get("RUNPOD_API_KEY") or _from_file():
        return Address(url, SecretStr(found))
    raise NoKey(
        "there is no API key: set RUNPOD_API_KEY, or run `runpod config`, "
        "or give api_key; https://www.runpod.io/console/user/settings makes one"
    )


def config_file() -> Path:
    """Where RunPod's own tools keep the key."""
    return Path.home() / ".runpod" / "config.toml"


def _url(endpoint: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]+", endpoint):
        base = os.environ.get("RUNPOD_ENDPOINT_BASE_URL") or RUNPOD
        return f"{base.rstrip('/')}/{endpoint}"
    parts = urlsplit(endpoint)
    if parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment):
        return endpoint.rstrip("/")
    raise InvalidInput("an endpoint is an id of RunPod's or a URL that begins with https://")


def _is_runpods(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and f".{host}".endswith((".runpod.ai", ".runpod.io"))


def _from_file() -> str | None:
    try:
        found = tomllib.loads(config_file().read_text("utf-8"))["default"]["api_key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None
