"""An emulated endpoint for tests that start a worker of their own, and hand it anything at all."""

from __future__ import annotations

from typing import Any

from runpod_emulator.rules import Rules
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated

# Any input is handed on as it is: it is the worker that has to refuse it.
SETTINGS = EndpointSettings("ep", rules=Rules(drop_empty_input=False), poll_s=1.0)


class ControlPlane(Emulated):
    """One endpoint; jobs are called by names that tests give them."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__(settings=SETTINGS, address=address)
        self._ids: dict[str, str] = {}

    def call(self, name: str, job_input: object) -> str:
        """Queue a job, to be asked for by that name; returns its id."""
        self._ids[name] = self.submit(job_input)
        return self._ids[name]

    def answer(self, name: str) -> dict[str, Any]:
        """What the worker posted for that job: ``{"output": ...}`` or ``{"error": ...}``."""
        job = self.result(self._ids[name])
        return {key: job[key] for key in ("output", "error") if key in job}
