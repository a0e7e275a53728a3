"""Brings an image from the engine into a registry.

The engine sends the layers that are not there yet, under a tag for what is on its way. The image's
own tag is given in one step when all of it is there, so it never leads to half an image.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import docker
from docker.errors import APIError, DockerException
from docker.models.images import Image
from requests.exceptions import RequestException

from tools.images.engine import explanation
from tools.images.origin import annotate
from tools.images.registry.errors import Interrupted, of_engine
from tools.images.registry.repository import Manifest, Repository

ON_ITS_WAY = "incoming"
PAUSES_S = (1.0, 5.0, 20.0)  # before another try; the engine itself has tried a layer five times


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image in a registry.

    Attributes:
        name: its repository and digest.
        sent: bytes of the layers that went over, as the registry keeps them: compressed.
        kept: bytes of those it had.
    """

    name: str
    sent: int
    kept: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """The way of an image into a registry.

    Attributes:
        client: the engine that has it.
        image: what is pushed.
        repository: where to.
        annotations: what is to be said of it there.
    """

    client: docker.DockerClient
    image: Image
    repository: Repository
    annotations: Mapping[str, str] = field(default_factory=dict)
    _sent: set[str] = field(default_factory=set)

    def push(self, tag: str, pauses_s: tuple[float, ...] = PAUSES_S) -> Pushed:
        """Push it under a tag, in several tries if need be: none sends what an earlier one has.

        Raises:
            RegistryError: a refusal, or no answer at the last try either.
        """
        for pause_s in pauses_s:
            try:
                return self._try(tag)
            except Interrupted as error:
                print(f"{error}; once more in {pause_s:g} s", file=sys.stderr, flush=True)
                time.sleep(pause_s)
        return self._try(tag)

    def _try(self, tag: str) -> Pushed:
        manifest = self.repository.manifest(self._send())
        if manifest is None:
            raise Interrupted(f"{self.repository.name}: what was pushed is not there")
        layers = self.repository.config(manifest)["rootfs"]["diff_ids"]
        if layers != self.image.attrs["RootFS"]["Layers"]:
            raise Interrupted(f"{self.repository.name}: another image was pushed at the same time")
        annotated = annotate(manifest, self.annotations)
        self.repository.put(tag, annotated)
        return self._pushed(annotated, layers)

    def _send(self) -> str:
        """Have the engine push; returns the digest of what is in the registry then."""
        name, login = self.repository.name, self.repository.login.for_engine()
        digest = ""
        self.image.tag(name, ON_ITS_WAY)
        try:
            for event in self.client.images.push(
                name, ON_ITS_WAY, stream=True, decode=True, auth_config=login
            ):
                if "error" in event:
                    raise of_engine(name, event["error"])
                self._note(event)
                digest = event.get("aux", {}).get("Digest", digest)
        except APIError as error:
            raise of_engine(name, explanation(error)) from None
        except RequestException as error:
            raise Interrupted(f"the container engine broke off: {type(error).__name__}") from None
        finally:
            with suppress(DockerException, RequestException):
                self.client.images.remove(f"{name}:{ON_ITS_WAY}")
        return digest

    def _note(self, event: Mapping[str, str]) -> None:
        status = event.get("status", "")
        if status == "Pushed":
            self._sent.add(event["id"])
        if "id" in event and status not in {"Preparing", "Waiting", "Pushing"}:
            print(f"{event['id']}  {status}", file=sys.stderr, flush=True)

    def _pushed(self, manifest: Manifest, before: list[str]) -> Pushed:
        """How much of it went over. ``before``: the layers' digests before compression."""
        sent = kept = 0
        for layer, uncompressed in zip(manifest.document["layers"], before, strict=True):
            names = {digest.partition(":")[2][:12] for digest in (layer["digest"], uncompressed)}
            if names & self._sent:  # engines name a layer by the one or the other
                sent += layer["size"]
            else:
                kept += layer["size"]
        return Pushed(f"{self.repository.name}@{manifest.digest}", sent, kept)
