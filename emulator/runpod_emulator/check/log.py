"""Reads the log of a worker of RunPod's SDK."""

from __future__ import annotations

import json

# What the SDK logs of a job whose result it could not send.
COMPLAINTS = (
    "Error while returning job result", "Error handling job", "Failed to return job results",
)  # fmt: skip


def logged(line: str) -> str:
    """The message of a line, which the SDK wraps in JSON."""
    try:
        content = json.loads(line)
    except ValueError:
        return line
    return str(content.get("message", line)) if isinstance(content, dict) else line


def complaint(log: str, job: str) -> str:
    """What the SDK says of a job whose result it could not send; empty if it does not."""
    for line in log.splitlines():
        if job in line and any(complaint in line for complaint in COMPLAINTS):
            message = logged(line)
            return message.partition("|")[2].strip() or message
    return ""
