"""A repository of a registry: which images it has, what they say of themselves."""

from __future__ import annotations

import hashlib
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from docker.auth import resolve_repository_name
from docker.errors import InvalidRepository

from tools.images.engine import EngineError
from tools.images.plan import LOOPBACK
from tools.images.registry.errors import Interrupted, RegistryError, of_status
from tools.images.registry.login import Challenge, login

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
HOSTS = {"docker.io": "registry-1.docker.io"}  # whose API is at another address
DIGEST = "Docker-Content-Digest"
TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # seconds


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a registry keeps of an image: its layers and settings, by digest."""

    content: bytes

    @property
    def digest(self) -> str:
        """The image's digest at a registry."""
        return _digest(self.content)

    @property
    def document(self) -> dict[str, Any]:
        """Its fields."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class Repository:
    """One repository, such as ``me/vad-service`` or ``ghcr.io/me/vad-service``.

    Args:
        name: its name, as an image's.
        ca: a bundle of CA certificates to trust, if not the usual ones.

    Raises:
        EngineError: it can have no such name, or there are no usable credentials.
    """

    def __init__(self, name: str, ca: Path | None = None) -> None:
        try:
            self.host, path = resolve_repository_name(name)
        except InvalidRepository as error:
            raise EngineError(str(error)) from None
        self.name, self.login = name, login(self.host)
        # As the engine does: without TLS only on this machine.
        self._far = urlsplit(f"//{self.host}").hostname not in LOOPBACK
        scheme = "https" if self._far else "http"
        self._url = f"{scheme}://{HOSTS.get(self.host, self.host)}/v2/{path}"
        self._auth = Challenge(name, self.login)
        try:
            self._trusted = ssl.create_default_context(cafile=ca) if ca else True
        except ssl.SSLError:
            raise EngineError(f"{ca} holds no CA certificates") from None

    def digest(self, tag: str) -> str | None:
        """The digest of the image with that tag, or None. Counts at no registry as a pull.

        Raises:
            RegistryError: there is no answer, or a refusal.
        """
        response = self._ask("HEAD", f"manifests/{tag}", headers=_accept())
        return response.headers.get(DIGEST) if response else None

    def manifest(self, reference: str) -> Manifest | None:
        """The image with that tag or digest, or None; of several platforms' the one RunPod has.

        Raises:
            RegistryError: there is no answer, a refusal, or something else than was asked for.
        """
        response = self._ask("GET", f"manifests/{reference}", headers=_accept())
        if response is None:
            return None
        found = Manifest(response.content)
        if ":" in reference and found.digest != reference:
            raise RegistryError(f"{self.name}: the registry gave another image than asked for")
        try:
            document = found.document
        except ValueError:
            raise self._no_registry() from None
        if document.get("mediaType", response.headers["Content-Type"]) not in INDEXES:
            return found
        for each in document["manifests"]:
            platform = each.get("platform", {})
            if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
                return self.manifest(each["digest"])
        raise RegistryError(f"{self.name}: that image is none for linux/amd64")

    def config(self, manifest: Manifest) -> dict[str, Any]:
        """The settings of an image: its labels, the digests of its layers before compression.

        Raises:
            RegistryError: there is no answer, a refusal, or something else than was asked for.
        """
        digest = manifest.document["config"]["digest"]
        response = self._ask("GET", f"blobs/{digest}")
        if response is None or _digest(response.content) != digest:
            raise RegistryError(f"{self.name}: the registry does not have all of an image")
        found: dict[str, Any] = response.json()
        return found

    def put(self, tag: str, manifest: Manifest) -> None:
        """Give a tag to an image whose layers are there.

        Raises:
            RegistryError: there is no answer, or a refusal.
        """
        headers = {"Content-Type": manifest.document["mediaType"]}
        path = f"manifests/{tag}"
        if self._ask("PUT", path, headers=headers, content=manifest.content) is None:
            raise of_status(self.name, 404)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response | None:  # noqa: ANN401
        """An answer, or None where there is no such thing."""
        try:
            with httpx.Client(
                verify=self._trusted,
                trust_env=self._far,  # no proxy leads to this machine
                follow_redirects=True,
                timeout=TIMEOUT,
            ) as client:
                url = f"{self._url}/{path}"
                response = client.request(method, url, auth=self._auth, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            words = str(error) or type(error).__name__
            raise Interrupted(f"{self.name}: {self.host} cannot be reached: {words}") from None
        except (ValueError, KeyError):  # of a challenge, or of the token it led to
            raise self._no_registry() from None
        if response.status_code == 404:
            return None
        if not response.is_success:
            raise of_status(self.name, response.status_code)
        return response

    def _no_registry(self) -> RegistryError:
        return RegistryError(f"{self.name}: {self.host} does not answer as a registry does")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _accept() -> dict[str, str]:
    return {"Accept": ", ".join((OCI_MANIFEST, DOCKER_MANIFEST, *INDEXES))}
