"""A tour of RunPod's API with one endpoint, which ends with it: what is answered, by its shape."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tools.deploy.api import Document
from tools.deploy.smoke import example

PREFIX = "speech-live-test-"
POLL_S = 2.0
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"}
GPU = "AMPERE_16"
WORKER_S = 10  # kept for so long without a job: the least to pay for

Shape = dict[str, Any]


class Tour:
    """Goes through an account's API, and notes what it is answered.

    Args:
        url: of the API.
        key: of the account.
        image: of a worker of the vad service, that the account's workers can pull.
        limit_s: how long all of it may take.

    Attributes:
        seen: by what was asked: the status, and the shape of the answer.
    """

    def __init__(self, url: str, key: str, image: str, limit_s: float) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)
        self._image, self._deadline = image, time.monotonic() + limit_s
        self.seen: dict[str, tuple[int, Any]] = {}

    def go(self) -> None:
        """Make an endpoint, give it a job, change it; it is deleted whatever happens."""
        with self._http:
            self._sweep()
            self._note("no such endpoint", self._http.get("/serverless/nosuchendpoint"))
            self._note("an unknown field", self._http.post("/serverless", json=self._body(bogus=1)))
            self._note("a field too few", self._http.post("/serverless", json={"name": "x"}))
            made = self._note("create", self._http.post("/serverless", json=self._body()))
            try:
                self._use(made, f"/serverless/{made['id']}")
            finally:
                deleted = self._http.delete(f"/serverless/{made['id']}")
                self.seen["delete"] = (deleted.status_code, shape(None))

    def _use(self, made: Document, path: str) -> None:
        self._note("read", self._http.get(path))
        changed = self._http.patch(path, json={"timeout": 60_000})
        self._note("change", changed)
        urls = made["requestUrls"]
        job = self._note("run", self._http.post(urls["run"], json=example("vad")))
        status = urls["status"].replace("{job_id}", job["id"])
        self._until(lambda: self._http.get(status).json()["status"] in FINAL)
        self._note("status", self._http.get(status))
        self._note("health", self._http.get(urls["health"]))
        self._note("workers", self._http.get(f"{path}/workers"))
        self._note("releases", self._http.get(f"{path}/releases"))

    def _body(self, **more: object) -> Document:
        return {
            "name": f"{PREFIX}{uuid.uuid4().hex[:8]}", "type": "QUEUE", "image": self._image,
            "gpu": {"pools": [GPU]}, "workers": {"min": 0, "max": 1, "idleTimeout": WORKER_S},
            "scaling": {"type": "QUEUE_DELAY", "queueDelay": 1}, "disk": 20, **more,
        }  # fmt: skip

    def _sweep(self) -> None:
        """Delete what a tour left that was killed."""
        for endpoint in self._http.get("/serverless").json()["endpoints"]:
            if endpoint["name"].startswith(PREFIX):
                self._http.delete(f"/serverless/{endpoint['id']}")

    def _note(self, what: str, answer: httpx.Response) -> Document:
        content: Document = answer.json()
        self.seen[what] = (answer.status_code, shape(content))
        return content

    def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            if time.monotonic() > self._deadline:
                raise TimeoutError("the job has not ended in time")
            time.sleep(POLL_S)


def shape(content: Any) -> Any:
    """What a JSON value is made of: fields and types, not values."""
    match content:
        case dict():
            return {name: shape(value) for name, value in sorted(content.items())}
        case list():
            return [shape(content[0])] if content else []
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return "text" if isinstance(content, str) else "null"


def lacking(theirs: Any, ours: Any, at: str = "") -> list[str]:
    """What one shape has and another lacks, or has as something else; null may be anything."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = [f"{at}.{name} is missing" for name in theirs.keys() - ours.keys()]
        for name in sorted(theirs.keys() & ours.keys()):
            missing += lacking(theirs[name], ours[name], f"{at}.{name}")
        return missing
    if isinstance(theirs, list) and isinstance(ours, list):
        return lacking(theirs[0], ours[0], f"{at}[]") if theirs and ours else []
    same = theirs == ours or "null" in (theirs, ours)
    return [] if same else [f"{at} is {ours}, not {theirs}"]
