"""What gives tokens for a registry, as Docker Hub's does: for one repository and a short time."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import trustme
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from tests.registry import PASSWORD, USER

ISSUER = "tests"
IDENTITY = "identity-token-of-the-tests"


@contextmanager
def issued(folder: Path, forbidden: str = "forbidden/") -> Iterator[dict[str, Any]]:
    """The ``auth`` table of a registry that sends its callers here for a token.

    Who says USER and PASSWORD, or shows IDENTITY, gets one; not for repositories that begin with
    ``forbidden``: the token for those allows nothing.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("tokens.example")
    key = cast(
        "EllipticCurvePrivateKey",
        load_pem_private_key(certificate.private_key_pem.bytes(), None),
    )
    leaf = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    chain = [base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()]

    class Tokens(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            asked = parse_qs(urlsplit(self.path).query)
            self._answer("token", self.headers["Authorization"] == f"Basic {known}", asked)

        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer("access_token", asked["refresh_token"] == [IDENTITY], asked)

        def _answer(self, name: str, known: bool, asked: dict[str, list[str]]) -> None:
            token = _signed(key, chain, asked["service"][0], _allowed(asked, forbidden))
            body = json.dumps({name: token} if known else {"details": "incorrect"}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    bundle = folder / "issuer.pem"
    authority.cert_pem.write_to_path(str(bundle))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    realm = f"http://127.0.0.1:{server.server_port}/token"
    settings = {"realm": realm, "service": "registry of the tests", "issuer": ISSUER}
    try:
        yield {"token": {**settings, "rootcertbundle": str(bundle)}}
    finally:
        server.shutdown()
        server.server_close()


def _allowed(asked: dict[str, list[str]], forbidden: str) -> list[dict[str, Any]]:
    """``repository:me/name:pull,push`` as a token says it."""
    scopes = (scope.split(":") for scopes in asked.get("scope", []) for scope in scopes.split())
    return [
        {"type": kind, "name": name, "actions": actions.split(",")}
        for kind, name, actions in scopes
        if not name.startswith(forbidden)
    ]


def _signed(
    key: EllipticCurvePrivateKey, chain: list[str], service: str, access: list[dict[str, Any]]
) -> str:
    """A JSON Web Token, RFC 7519, signed with ES256."""
    now = int(time.time())
    times = {"exp": now + 300, "nbf": now - 60, "iat": now}
    claims = {"iss": ISSUER, "sub": USER, "aud": service, "jti": "1", "access": access, **times}
    header = {"typ": "JWT", "alg": "ES256", "x5c": chain}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    numbers = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{_base64(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
