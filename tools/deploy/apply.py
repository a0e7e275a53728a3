"""Brings an endpoint to what it is to be, and back if that does not work."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tools.deploy.api import Document, RunPod
from tools.deploy.desired import change, undo
from tools.deploy.errors import DeployError, NotReady, Refused, Superseded
from tools.deploy.jobs import Jobs, Patience
from tools.deploy.rollout import Rollout
from tools.deploy.smoke import example, smoke

CANDIDATE = "-candidate-"
LEFT_BEHIND = timedelta(hours=2)  # longer than a candidate is ever needed


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done.

    Attributes:
        endpoint: as it is now.
        changed: whether anything was.
        rollout_s: until a worker of it was ready.
        waited_s: how long the first job waited for a worker, of those that tried it.
    """

    endpoint: Document
    changed: bool = True
    rollout_s: float | None = None
    waited_s: float | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """The way of a service's endpoint to what it is to be.

    Attributes:
        api: the account.
        service: the service.
        patience: how long things may take.
    """

    api: RunPod
    service: str
    patience: Patience

    def apply(self, then: Document, *, tried: bool = False, candidate: bool = True) -> Applied:
        """Make the endpoint, or change it; if it does not work then, take that back.

        Args:
            then: what it is to be.
            tried: whether real jobs decide if it works; otherwise that a worker is ready does.
            candidate: whether a new image is tried first on an endpoint of its own, which callers
                do not use.

        Raises:
            DeployError: it is not what it is to be. It is what it was, unless the message says
                something else.
        """
        now = self.api.find(then["name"])
        body = change(now, then) if now else then
        if now and not body:
            waited_s = self._smoke(now) if tried else None
            return Applied(now, changed=False, waited_s=waited_s)
        if tried and candidate and "image" in body:
            self._try(then)
        return self._changed(now, then, tried=tried)

    def wait(self, endpoint: Document) -> float:
        """Wait until an endpoint's newest release runs; returns seconds."""
        return Rollout(self.api, endpoint, example(self.service), self.patience).wait()

    def _changed(self, now: Document | None, then: Document, *, tried: bool) -> Applied:
        endpoint = now or self.api.create(then)
        body = change(endpoint, then)
        if body:  # it was there before, or somebody else made it at this moment
            now = endpoint
        try:
            if body:
                endpoint = self.api.update(endpoint["id"], body)
            rollout_s = self.wait(endpoint)
            waited_s = self._smoke(endpoint) if tried else None
        except Superseded:
            raise
        except (DeployError, KeyboardInterrupt) as error:
            outcome = self._take_back(now, endpoint["id"], then, body)
            raise NotReady(f"{error or 'interrupted'}\n{outcome}") from None
        return Applied(endpoint, rollout_s=rollout_s, waited_s=waited_s)

    def _take_back(
        self, now: Document | None, endpoint_id: str, then: Document, body: Document
    ) -> str:
        """Undo what was done, as far as it was; returns words for it."""
        name = then["name"]
        try:
            if now is None:
                self.api.delete(endpoint_id)
                return f"{name} was removed again: there was nothing before it"
            if self.api.endpoint(endpoint_id)["image"] not in {then["image"], now["image"]}:
                return f"{name} was left as it is: somebody else has deployed meanwhile"
            before = self.api.update(endpoint_id, undo(now, body))
            self.wait(before)
        except DeployError as error:
            return f"and {name} could not be taken back, look after it: {error}"
        return f"{name} is what it was before, {before['image']}, and that works"

    def _try(self, then: Document) -> None:
        """Try an image on an endpoint of its own, which is removed whatever comes of it.

        Raises:
            NotReady: it does not work.
        """
        self._sweep(then["name"])
        digest = then["image"].rpartition(":")[2][:8]
        body = {**then, "name": f"{then['name']}{CANDIDATE}{digest}"}
        body["workers"] = {**then["workers"], "min": 0, "max": 1}
        if (endpoint := self._candidate(body)) is None:
            return
        print(f"candidate {endpoint['id']}", flush=True)
        try:
            self.wait(endpoint)
            self._smoke(endpoint)
        except NotReady as error:
            raise NotReady(f"{error}\n{then['name']} was not touched") from None
        finally:
            self.api.delete(endpoint["id"])

    def _candidate(self, body: Document) -> Document | None:
        """Make a candidate; None if the account has no worker for it.

        Several services are deployed side by side. If another's candidate has the last worker, its
        end is waited for.
        """
        deadline = time.monotonic() + self.patience.rollout_s
        while True:
            try:
                return self.api.create(body)
            except Refused as error:
                there = self.api.endpoints()
                others = any(CANDIDATE in one["name"] and not _is_old(one) for one in there)
                if "quota" not in str(error) or not others or time.monotonic() > deadline:
                    print(f"no candidate, it is deployed at once: {error}", flush=True)
                    return None
            time.sleep(self.patience.poll_s)

    def _sweep(self, name: str) -> None:
        """Remove candidates of runs that were cut off: they cost nothing, but count."""
        for endpoint in self.api.endpoints():
            if endpoint["name"].startswith(f"{name}{CANDIDATE}") and _is_old(endpoint):
                self.api.delete(endpoint["id"])

    def _smoke(self, endpoint: Document) -> float | None:
        return smoke(self.service, Jobs(self.api, endpoint, self.patience))


def _is_old(endpoint: Document) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(endpoint["createdAt"]) > LEFT_BEHIND


def previous_image(api: RunPod, endpoint: Document) -> str:
    """The image before the one an endpoint runs, as its releases tell.

    Raises:
        DeployError: they tell of none.
    """
    for release in api.releases(endpoint["id"])["releases"]:
        for entry in release["diff"]:
            old = entry["old"]
            if entry["field"].endswith("imageName") and old and old != endpoint["image"]:
                return str(old)
    raise DeployError(
        f"RunPod tells of no earlier image of {endpoint['name']}: name one, `rollback --to IMAGE`"
    )
