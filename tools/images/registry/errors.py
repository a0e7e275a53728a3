"""Why a registry did not do what it was asked, and what to do about it.

What the registry itself writes is repeated only where there is nothing better to say: it is another
program's text, and may quote the request.
"""

from __future__ import annotations

import re

from tools.images.engine import EngineError, one_line

LOG_IN = "log in with `docker login`, or set REGISTRY_USER and REGISTRY_TOKEN"
REASONS = {
    "unauthorized": f"the registry wants valid credentials: {LOG_IN}",
    "denied": "the registry does not allow it: there is no such repository, or these credentials "
    "may not use it",
    "name unknown": "the registry has no such repository: make it there first",
    "toomanyrequests": "the registry takes nothing more for now, its quota is used up: wait, or "
    "log in as somebody with a larger one",
}
OF_STATUS = {401: "unauthorized", 403: "denied", 404: "name unknown", 429: "toomanyrequests"}


class RegistryError(EngineError):
    """A registry refused; the message says what to do."""


class Interrupted(RegistryError):
    """A registry did not answer, or failed: another try may succeed."""


def of_status(name: str, status: int) -> RegistryError:
    """What an answer of the HTTP API means for the repository of that name."""
    if reason := REASONS.get(OF_STATUS.get(status, "")):
        return RegistryError(f"{name}: {reason}")
    kind = Interrupted if status >= 500 else RegistryError
    return kind(f"{name}: the registry answers with status {status}")


def of_engine(name: str, text: str) -> RegistryError:
    """What the engine's report of a failed transfer means."""
    words = one_line(text).replace("no basic auth credentials", "unauthorized:")
    for status, code in OF_STATUS.items():
        if re.search(rf"\b{code}:|\bHTTP( status:)? {status}\b", words):
            return RegistryError(f"{name}: {REASONS[code]}")
    return Interrupted(f"{name}: {words}")
