"""Waits until what was deployed runs: a PATCH that was accepted says nothing yet."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from tools.deploy.api import Document, RunPod
from tools.deploy.errors import NotReady, Superseded
from tools.deploy.jobs import FINAL, Jobs, Patience

READY = {"IDLE", "RUNNING"}
ADVICE = {
    "THROTTLED": "RunPod has no capacity for these GPUs in these data centres: name more of either "
    "in endpoint.toml",
    "UNHEALTHY": "Workers fail at their start: `logs` shows why",
    "INITIALIZING": "Workers pull the image, or end before they are ready: `logs` shows which",
    "": "None came at all: is the image there for RunPod (`registry_auth`), is workers_max 0, "
    "is there credit?",
}


@dataclass
class Rollout:
    """A release on its way.

    Attributes:
        api: the account.
        endpoint: the endpoint, as the API showed it after the change.
        job: sent to wake a worker where none runs.
        patience: how long it may take.
    """

    api: RunPod
    endpoint: Document
    job: Document
    patience: Patience = field(default_factory=Patience)
    _woken_by: str | None = None

    def wait(self) -> float:
        """Wait until a worker of the release is ready and none of an earlier one is left.

        Returns:
            Seconds it took.

        Raises:
            NotReady: that was not so in time; the message says how it was.
            Superseded: the endpoint runs another image meanwhile.
        """
        began = time.monotonic()
        while time.monotonic() - began < self.patience.rollout_s:
            workers = self._workers()
            if self._is_done(workers):
                return time.monotonic() - began
            if not workers:
                self._wake()
            time.sleep(self.patience.poll_s)
        raise NotReady(self._explained(self._workers()))

    def _workers(self) -> list[Document]:
        endpoint_id, image = self.endpoint["id"], self.endpoint["image"]
        if (now := self.api.endpoint(endpoint_id)["image"]) != image:
            raise Superseded(f"{self.endpoint['name']} was given another image meanwhile: {now}")
        return self.api.workers(endpoint_id)

    def _is_done(self, workers: list[Document]) -> bool:
        stale = not all(self._is_new(worker) for worker in workers)
        # The job was sent when there was no worker: one of this release has done it.
        if not stale and self._woken_by and self._is_answered(self._woken_by):
            return True
        ready = any(self._is_new(w) and w["status"] in READY for w in workers)
        return ready and not self.api.releases(self.endpoint["id"])["rollout"]["inProgress"]

    def _is_new(self, worker: Document) -> bool:
        """Whether it is of this release: RunPod may learn of that later than it starts workers."""
        image, digest = worker.get("image"), self.endpoint["image"].rpartition("@")[2]
        return not worker["isStale"] and (image is None or image.endswith(digest))

    def _is_answered(self, job_id: str) -> bool:
        return bool(self._jobs.status(job_id)["status"] == "COMPLETED")

    def _wake(self) -> None:
        """Where workers come for jobs only, nothing is known until there is one."""
        if self._woken_by is None or self._jobs.status(self._woken_by)["status"] in FINAL:
            self._woken_by = self._jobs.submit(self.job)

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self.api, self.endpoint, self.patience)

    def _explained(self, workers: list[Document]) -> str:
        states = Counter(w["status"] for w in workers if self._is_new(w))
        old = sum(not self._is_new(w) for w in workers)
        seen = [f"{count} {state}" for state, count in states.items()]
        seen += [f"{old} of an earlier release"] if old else []
        advice = next((words for state, words in ADVICE.items() if state in states), ADVICE[""])
        return (
            f"no worker of {self.endpoint['name']} is ready after {self.patience.rollout_s:g} s "
            f"(there are {', '.join(seen) or 'none'}). {advice}"
        )
