"""A small hub on this machine that ModelScope's unmodified client downloads from, faults included.

Test-only. It answers the calls of modelscope-hub 0.5: the listing, and files with ranges.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

BLOCK = 4096
PREFIX = "/api/v1/models/"
LISTING = "/files"  # stands for the listing among the faults


@dataclass
class Faults:
    """What is wrong with one file.

    Attributes:
        status: answered instead of the file, as often as ``times`` says.
        cut: the connection ends after so many bytes, as often as ``times`` says.
        times: how often a fault happens; None for always.
        flip: the byte at this position is another one.
        announced: the Content-Length that is claimed.
        listed: the size and the SHA-256 that the listing claims.
        endless: the file has no Content-Length, and zeros follow it until the client hangs up.
    pause_s: waited before each block.
    """

    status: int | None = None
    cut: int | None = None
    times: int | None = None
    flip: int | None = None
    announced: int | None = None
    listed: tuple[int, str] | None = None
    endless: bool = False
    pause_s: float = 0.0


@dataclass
class Hub:
    """A folder ``<owner>/<name>/...`` served as every one of some revisions.

    Attributes:
        requests: the paths asked for, without their host.
        sent: bytes sent of each file.
    """

    root: Path
    revisions: tuple[str, ...] = ("master",)
    address: str = "127.0.0.1"
    faults: dict[str, Faults] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._server = _Server((self.address, 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """What MODELSCOPE_ENDPOINT is to be."""
        return f"http://{self.address}:{self.port}"

    def listing(self, model: str) -> list[dict[str, Any]]:
        """What the hub says of a model's files."""
        base = self.root / model
        return [
            _listed(path.relative_to(base).as_posix(), path.read_bytes(), self.faults)
            for path in sorted(base.rglob("*"))
            if path.is_file()
        ]

    def fault(self, path: str) -> Faults:
        """What is wrong with a file this time."""
        fault = self.faults.get(path, Faults())
        if fault.times is not None:
            if not fault.times:
                return Faults()
            fault.times -= 1
        return fault


def _listed(path: str, data: bytes, faults: dict[str, Faults]) -> dict[str, Any]:
    size, digest = len(data), hashlib.sha256(data).hexdigest()
    if path in faults and (claimed := faults[path].listed):
        size, digest = claimed
    return {"Path": path, "Name": path, "Type": "blob", "Size": size, "Sha256": digest}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client may hang up whenever it likes."""


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            hub.requests.append(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            model, _, kind = url.path.removeprefix(PREFIX).partition("/repo")
            known = url.path.startswith(PREFIX) and (hub.root / model).is_dir()
            if not known or query.get("Revision", "master") not in hub.revisions:
                self._json(404, None)
            elif kind == "/files":
                self._json(hub.fault(LISTING).status or 200, {"Files": hub.listing(model)})
            else:
                self._file(query["FilePath"], hub.root / model / query["FilePath"])

        def _json(self, status: int, data: object) -> None:
            body = json.dumps({"Code": status, "Success": status == 200, "Data": data}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _file(self, name: str, path: Path) -> None:
            fault = hub.fault(name)
            if fault.status or not path.is_file():
                self._json(fault.status or 404, None)
                return
            data = bytearray(path.read_bytes())
            if fault.flip is not None:
                data[fault.flip] ^= 1
            start = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if not fault.endless:
                self.send_header("Content-Length", str(fault.announced or len(data) - start))
            self.end_headers()
            self._send(name, bytes(data[start:][: fault.cut]), fault)
            while fault.endless:
                self._send(name, bytes(BLOCK), fault)

        def _send(self, name: str, data: bytes, fault: Faults) -> None:
            for offset in range(0, len(data), BLOCK):
                time.sleep(fault.pause_s)
                block = data[offset : offset + BLOCK]
                self.wfile.write(block)
                hub.sent[name] += len(block)
            self.close_connection = fault.cut is not None or fault.announced is not None

        def log_message(self, *_: object) -> None:
            """What was asked for is in ``requests``."""

    return Handler
