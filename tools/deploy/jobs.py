"""Jobs sent to a deployed endpoint, as its callers send them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from tools.deploy.api import Document, RunPod
from tools.deploy.errors import NotReady

JOBS_API = "https://api.runpod.ai/v2"
BASE = "RUNPOD_ENDPOINT_BASE_URL"  # as RunPod's SDK has it
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds.

    Attributes:
        rollout_s: until a worker of a new release is ready: it may have to pull the image first.
        job_s: until a job has ended, a cold start included.
        poll_s: between two looks.
    """

    rollout_s: float = 1800.0
    job_s: float = 900.0
    poll_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of an endpoint.

    Attributes:
        api: the account.
        endpoint: the endpoint, as the API shows it.
        patience: how long a job may take.
    """

    api: RunPod
    endpoint: Document
    patience: Patience

    def submit(self, job: Document) -> str:
        """Queue a job; returns its id."""
        return str(self.api.job("POST", self._url("run"), job)["id"])

    def status(self, job_id: str) -> Document:
        """A job as it is."""
        return self.api.job("GET", self._url("status").replace("{job_id}", job_id))

    def run(self, job: Document) -> Document:
        """Queue a job and wait for its end, be it a good one or not.

        Raises:
            NotReady: it has not ended in time; it is cancelled.
        """
        job_id = self.submit(job)
        deadline = time.monotonic() + self.patience.job_s
        while time.monotonic() < deadline:
            found = self.status(job_id)
            if found["status"] in FINAL:
                return found
            time.sleep(min(self.patience.poll_s, 1.0))
        self.api.job("POST", self._url("cancel").replace("{job_id}", job_id))
        raise NotReady(
            f"a job was still {found['status']} after {self.patience.job_s:g} s: no worker comes, "
            "or none answers; `status` and `logs` tell more"
        )

    def _url(self, operation: str) -> str:
        urls: dict[str, str] = self.endpoint.get("requestUrls") or {}
        job = "" if operation == "run" else "/{job_id}"
        base = os.environ.get(BASE) or JOBS_API
        return urls.get(operation) or f"{base}/{self.endpoint['id']}/{operation}{job}"
