"""Credentials for a registry: from the environment, or from where ``docker login`` put them.

They are sent to the registry and to the engine, and appear in no argument, log or message.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

import httpx
from docker.auth import load_config
from docker.credentials.errors import StoreError
from docker.errors import DockerException

from tools.images.engine import EngineError
from tools.images.registry.errors import LOG_IN, RegistryError, of_status

USER, TOKEN = "REGISTRY_USER", "REGISTRY_TOKEN"


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password or access token; or an identity token, which stands for both."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)

    def for_engine(self) -> dict[str, str]:
        """As the engine wants it; empty if there is none."""
        if self.identity:
            return {"identitytoken": self.identity}
        return {"username": self.user, "password": self.password} if self.user else {}


def login(host: str) -> Login:
    """The credentials to use at a registry; empty ones if there are none.

    Raises:
        EngineError: half of them are set, or Docker's credential helper fails.
    """
    user, token = os.environ.get(USER, ""), os.environ.get(TOKEN, "")
    if bool(user) != bool(token):
        raise EngineError(f"of {USER} and {TOKEN} one is set: set both, or none")
    if user:
        return Login(user, token)
    try:
        found = load_config().resolve_authconfig(host) or {}
    except (DockerException, StoreError):
        raise EngineError(f"Docker has no usable credentials for {host}: {LOG_IN}") from None
    known = {name.lower(): value for name, value in found.items()}
    return Login(
        known.get("username", ""), known.get("password", ""), known.get("identitytoken", "")
    )


class Challenge(httpx.Auth):
    """Answers a registry that asks who is there: with the login, or with a token made from it.

    Docker Hub and most others name a place that gives tokens for one repository and a short time.
    """

    requires_response_body = True

    def __init__(self, name: str, login: Login) -> None:
        self._name, self._login, self._header = name, login, ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request; if it is challenged, once more with the answer.

        Raises:
            RegistryError: the login is not accepted, or not for this.
        """
        if self._header:
            request.headers["Authorization"] = self._header
        response = yield request
        if response.status_code != 401:
            return
        scheme, _, rest = response.headers.get("WWW-Authenticate", "").partition(" ")
        if scheme.lower() == "basic":
            response = yield self._signed(request)
            self._header = request.headers.get("Authorization", "")
        elif scheme.lower() == "bearer":
            asked = self._for_token(request.url, parse_keqv_list(parse_http_list(rest)))
            self._header = f"Bearer {self._token((yield asked))}"
            request.headers["Authorization"] = self._header
            response = yield request
            if response.status_code == 401 and self._login.for_engine():
                # It knows who this is, or would have given no token.
                raise of_status(self._name, 403)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        if self._login.user:
            basic = httpx.BasicAuth(self._login.user, self._login.password)
            next(basic.auth_flow(request))
        return request

    def _for_token(self, asked: httpx.URL, challenge: dict[str, str]) -> httpx.Request:
        """The request for a token, as the challenge describes it.

        Raises:
            RegistryError: the login would go over the network in the clear.
        """
        realm = httpx.URL(challenge.pop("realm", ""))
        if realm.scheme != "https" and asked.scheme == "https":
            raise RegistryError(f"{self._name}: the registry asks for credentials without TLS")
        wanted = {name: text for name, text in challenge.items() if name in {"service", "scope"}}
        if self._login.identity:
            wanted |= {"grant_type": "refresh_token", "refresh_token": self._login.identity}
            return httpx.Request("POST", realm, data={**wanted, "client_id": "speech"})
        return self._signed(httpx.Request("GET", realm.copy_merge_params(wanted)))

    def _token(self, answer: httpx.Response) -> str:
        if not answer.is_success:
            raise of_status(self._name, answer.status_code)
        given = answer.json()
        return str(given.get("token") or given["access_token"])
