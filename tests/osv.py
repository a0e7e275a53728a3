"""A double of OSV's API that is as strict as OSV: unknown fields, too much, both of two ways."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from packageurl import PackageURL

Document = dict[str, Any]
Answer = tuple[int, Document]

MOST_QUERIES = 1000
QUERY = {"commit", "version", "package", "page_token"}
PACKAGE = {"name", "ecosystem", "purl"}


class Refused(Exception):
    """A request is not as OSV describes it."""


@dataclass
class Osv:
    """What it knows, and what it was asked.

    Attributes:
        url: its address.
        records: those it has; a version is affected if a record lists it.
        page: how many ids it tells at once.
        failures: statuses to answer with before anything else.
        asked: the queries of each batch.
    """

    url: str
    records: Sequence[Document]
    page: int = 1000
    failures: list[int] = field(default_factory=list)
    asked: list[list[Document]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The status and the body that OSV answers a request with."""
        if self.failures:
            return self.failures.pop(0), {"code": 14, "message": "unavailable"}
        try:
            if (method, path) == ("POST", "/v1/querybatch"):
                return 200, self._batch(json.loads(body))
            if method == "GET" and path.startswith("/v1/vulns/"):
                name = path.removeprefix("/v1/vulns/")
                for record in self.records:
                    if record["id"] == name:
                        return 200, record
                return 404, {"code": 5, "message": "Bug not found."}
        except Refused as error:
            return 400, {"code": 3, "message": str(error)}
        return 404, {"code": 5, "message": "Not Found"}

    def _batch(self, body: Document) -> Document:
        _only(body, {"queries"})
        if len(body["queries"]) > MOST_QUERIES:
            raise Refused("Too many queries.")
        self.asked.append(body["queries"])
        return {"results": [self._result(query) for query in body["queries"]]}

    def _result(self, query: Document) -> Document:
        _only(query, QUERY)
        package = query.get("package", {})
        _only(package, PACKAGE)
        name, ecosystem, version = package.get("name"), package.get("ecosystem"), query["version"]
        if purl := package.get("purl"):
            if name or ecosystem or PackageURL.from_string(purl).version:
                raise Refused("Invalid query.")
        elif not (name and ecosystem):
            raise Refused("Invalid query.")
        found = [
            {"id": record["id"], "modified": record["modified"]}
            for record in self.records
            for part in record["affected"]
            if (part["package"]["name"], part["package"]["ecosystem"]) == (name, ecosystem)
            and version in part["versions"]
        ]
        first = int(query.get("page_token", "0"))
        page, more = found[first : first + self.page], first + self.page < len(found)
        return ({"vulns": page} if page else {}) | (
            {"next_page_token": str(first + self.page)} if more else {}
        )


def _only(document: Document, fields: set[str]) -> None:
    if unknown := document.keys() - fields:
        raise Refused(f"Cannot find field: {', '.join(sorted(unknown))}")


def record(
    name: str, package: tuple[str, str], versions: Sequence[str], *, fixed: str | None = None,
    **more: Any,
) -> Document:  # fmt: skip
    """A record about one package, as OSV's schema has it.

    Args:
        name: its id.
        package: its ecosystem and its name there.
        versions: that are affected.
        fixed: the version that is not any more.
        more: of the record's fields; ``part`` of what it says of the package.
    """
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = {
        "package": {"ecosystem": package[0], "name": package[1]},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": list(versions),
        **more.pop("part", {}),
    }
    common = {"schema_version": "1.7.0", "modified": "2026-11-01T00:00:00Z"}
    return {**common, "id": name, "affected": [affected], **more}


@contextmanager
def running(records: Sequence[Document]) -> Iterator[Osv]:
    """A double that knows these records, while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, document = osv.answer(method, self.path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    osv = Osv(f"http://127.0.0.1:{server.server_port}", records)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield osv
    finally:
        server.shutdown()
        server.server_close()
