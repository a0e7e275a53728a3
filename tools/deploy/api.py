"""RunPod's REST API, version 2, as far as endpoints need it.

Nothing is asked twice that could happen twice: after a failed create it is looked what is there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

import httpx

from tools.deploy.errors import DeployError, Refused, Unanswered

API, KEY, URL = "https://api.runpod.io/v2", "RUNPOD_API_KEY", "RUNPOD_REST_URL"
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0)
LONGEST_PAUSE_S = 60.0
TIMEOUT_S = 30.0

Document = dict[str, Any]


class RunPod:
    """An account.

    Args:
        key: its API key; it is sent and never shown.
        url: the API's address.
        pauses_s: before each further try.
    """

    def __init__(self, key: str, url: str = API, pauses_s: Sequence[float] = PAUSES_S) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S)
        self._pauses_s = pauses_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @classmethod
    def of_environment(cls) -> Self:
        """The account of RUNPOD_API_KEY; RUNPOD_REST_URL leads to another API, as the emulator's.

        Raises:
            DeployError: there is no key.
        """
        key = os.environ.get(KEY, "").strip()
        if not key:
            raise DeployError(f"set {KEY}: RunPod's console makes one under Settings, API Keys")
        return cls(key, os.environ.get(URL) or API)

    def endpoints(self) -> list[Document]:
        """All endpoints.

        Raises:
            DeployError: of this and all that follows: RunPod refuses, or does not answer.
        """
        return self._list("/serverless", "endpoints")

    def named(self, name: str) -> list[Document]:
        """The endpoints of that name, the oldest first."""
        # RunPod's console has been seen to add this suffix to those with FlashBoot.
        found = [one for one in self.endpoints() if one["name"].removesuffix(" -fb") == name]
        return sorted(found, key=lambda one: (one["createdAt"], one["id"]))

    def find(self, name: str) -> Document | None:
        """The endpoint of that name, or None.

        Raises:
            DeployError: there are several: which one callers use is not ours to guess.
        """
        found = self.named(name)
        if len(found) > 1:
            ids = ", ".join(one["id"] for one in found)
            raise DeployError(
                f"RunPod has {len(found)} endpoints named {name} ({ids}): delete all but the one "
                "that is used, in RunPod's console"
            )
        return found[0] if found else None

    def endpoint(self, endpoint_id: str) -> Document:
        """An endpoint by its id."""
        return self._ask("GET", f"/serverless/{endpoint_id}")

    def create(self, body: Document) -> Document:
        """Make an endpoint, once: if it is not known whether that happened, a look decides.

        Should somebody else make one of the same name at the same moment, the older one stays.
        """
        for pause_s in (*self._pauses_s, None):
            try:
                made = self._try("POST", "/serverless", body)
            except Unanswered as error:
                if found := self.named(body["name"]):
                    return found[0]
                self._rest(error, pause_s)
                continue
            return self._settled(made)
        raise AssertionError  # the last try has no pause and raises

    def update(self, endpoint_id: str, body: Document) -> Document:
        """Change the fields of an endpoint that a body has."""
        return self._ask("PATCH", f"/serverless/{endpoint_id}", body)

    def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint; it may be gone already."""
        try:
            self._ask("DELETE", f"/serverless/{endpoint_id}")
        except Refused as error:
            if error.status != 404:
                raise

    def workers(self, endpoint_id: str) -> list[Document]:
        """The workers of an endpoint that are there."""
        return self._list(f"/serverless/{endpoint_id}/workers", "workers")

    def releases(self, endpoint_id: str) -> Document:
        """An endpoint's history, newest first, and how far the newest release has come."""
        return self._ask("GET", f"/serverless/{endpoint_id}/releases")

    def registries(self) -> list[Document]:
        """The registries whose credentials the account keeps."""
        return self._list("/registries", "registries")

    def add_registry(self, name: str, user: str, token: str) -> Document:
        """Have the account keep credentials. Not tried again: the name could be there twice."""
        body = {"name": name, "username": user, "password": token}
        return self._try("POST", "/registries", body)

    def log(self, endpoint_id: str, worker: str, *, tail: int, quiet_s: float) -> Iterator[str]:
        """The lines a worker wrote, and those that come, until none does for so long."""
        path = f"/serverless/{endpoint_id}/workers/{worker}/logs"
        timeout = httpx.Timeout(TIMEOUT_S, read=quiet_s)
        try:
            with self._http.stream("GET", path, params={"tail": tail}, timeout=timeout) as answer:
                if answer.is_success:
                    for line in answer.iter_lines():
                        if line.startswith("data:"):
                            yield str(json.loads(line.removeprefix("data:"))["line"])
        except httpx.HTTPError:
            return  # nothing more comes

    def job(self, method: str, url: str, body: Document | None = None) -> Document:
        """Ask an endpoint itself, at one of the URLs it names."""
        return self._ask(method, url, body)

    def _settled(self, made: Document) -> Document:
        same = self.named(made["name"])
        if len(same) > 1 and same[0]["id"] != made["id"]:
            self.delete(made["id"])
            return same[0]
        return made

    def _list(self, path: str, name: str) -> list[Document]:
        found: list[Document] = self._ask("GET", path)[name]
        return found

    def _ask(self, method: str, path: str, body: Document | None = None) -> Document:
        """Ask until there is an answer: for what is the same if it happens twice."""
        for pause_s in (*self._pauses_s, None):
            try:
                return self._try(method, path, body)
            except Unanswered as error:
                self._rest(error, pause_s)
        raise AssertionError  # the last try has no pause and raises

    def _try(self, method: str, path: str, body: Document | None = None) -> Document:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unanswered(f"RunPod does not answer: {type(error).__name__}") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Busy(answer)
        if not answer.is_success:
            raise Refused(_reason(answer), answer.status_code)
        found: Document = answer.json() if answer.content else {}
        return found

    def _rest(self, error: Unanswered, pause_s: float | None) -> None:
        """Wait before another try; without a pause there is none."""
        if pause_s is None:
            raise error
        asked_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        pause_s = min(max(pause_s, asked_s), LONGEST_PAUSE_S)
        print(f"{error}; once more in {pause_s:g} s", file=sys.stderr, flush=True)
        time.sleep(pause_s)


class Busy(Unanswered):
    """RunPod fails, or has been asked too often."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"RunPod fails: {_reason(answer)}")
        after = answer.headers.get("Retry-After", "")
        self.retry_after_s = float(after) if after.isdigit() else 0.0


def _reason(answer: httpx.Response) -> str:
    """RunPod's own words, in one line, and what to do about those that are about the key."""
    if answer.status_code in {401, 403}:
        return (
            f"RunPod does not accept {KEY} for this ({answer.status_code}): is it a key of this "
            "account, with the permission to write endpoints?"
        )
    try:
        problem = answer.json()
        words = "; ".join(problem.get("errors") or [problem["detail"]])
        return " ".join(f"{problem['title']}: {words}".split())
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status {answer.status_code}"
