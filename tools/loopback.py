"""Serves one local file on this machine's loopback address, for a handler that takes URLs.

The handler thereby reads a local file of any size exactly as it reads a remote one.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # connections that wait: a worker fetches for many jobs at once


@contextmanager
def served(file: Path) -> Iterator[str]:
    """The URL at which the file can be fetched while the context lasts."""
    size = file.stat().st_size

    class OneFile(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            with file.open("rb") as source, suppress(ConnectionError):  # a handler may hang up
                shutil.copyfileobj(source, self.wfile, 2**20)

        def log_message(self, *_: object) -> None:
            """Paths stay out of logs."""

    server = _Server(("127.0.0.1", 0), OneFile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/audio"
    finally:
        server.shutdown()
        server.server_close()
