"""Just enough of RunPod's control plane for an unmodified worker: hands out jobs, takes results.

Test-only. The wire shapes are RunPod's as its SDK 1.12 expects them.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

POLL_S = 1.0  # an immediate "no job" would make the worker ask again without a pause


class ControlPlane:
    """One endpoint with a queue of jobs.

    Args:
        address: where it listens and workers find it; workers in containers need another than
            loopback.

    Attributes:
        pings: the query strings of the worker's pings.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self._jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self._stops: queue.Queue[str] = queue.Queue()
        self._done: dict[str, dict[str, Any]] = {}
        self._arrived = threading.Condition()
        self.pings: list[str] = []
        self._server = _Server((address, 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """What RunPod sets in a worker's environment."""
        base = f"http://{self._address}:{self._server.server_port}/v2/ep"
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?gpu=SIM",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/$RUNPOD_POD_ID/$ID?gpu=SIM",
            "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID?gpu=SIM",
            "RUNPOD_POD_ID": "pod1",
            "RUNPOD_ENDPOINT_ID": "ep",
            "RUNPOD_AI_API_KEY": "test",
        }

    def submit(self, job_id: str, job_input: object) -> None:
        """Queue a job."""
        self._jobs.put({"id": job_id, "input": job_input})

    def stop(self, job_id: str) -> None:
        """Tell the worker that a job was cancelled."""
        self._stops.put(job_id)

    def result(self, job_id: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """What the worker posted for that job: ``{"output": ...}`` or ``{"error": ...}``."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: job_id in self._done, timeout_s):
                raise TimeoutError(f"no result for {job_id}")
            return self._done[job_id]

    def take(self, count: int) -> list[dict[str, Any]]:
        """Up to so many queued jobs, waiting a while for the first."""
        jobs: list[dict[str, Any]] = []
        with contextlib.suppress(queue.Empty):
            jobs.append(self._jobs.get(timeout=POLL_S))
            while len(jobs) < count:
                jobs.append(self._jobs.get_nowait())
        return jobs

    def stopped(self) -> list[str]:
        """Jobs to stop, waiting a while for one."""
        try:
            return [self._stops.get(timeout=POLL_S)]
        except queue.Empty:
            return []

    def finish(self, job_id: str, body: dict[str, Any]) -> None:
        """Record what the worker posted."""
        with self._arrived:
            self._done.setdefault(job_id, body)
            self._arrived.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A worker that is gone before its answer is no fault of this server."""


def _handler(plane: ControlPlane) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "/job-take-batch/" in self.path:
                size = int(re.findall(r"batch_size=(\d+)", self.path)[0])
                self._reply(plane.take(size) or None)
            elif "/job-take/" in self.path:
                jobs = plane.take(1)
                self._reply(jobs[0] if jobs else None)
            elif "/job-stop/" in self.path:
                stopped = plane.stopped()
                self._reply({"jobsToStop": stopped} if stopped else None)
            elif "/ping/" in self.path:
                plane.pings.append(self.path.partition("?")[2])
                self._reply({})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            plane.finish(self.path.partition("?")[0].rsplit("/", 1)[1], body)
            self._reply({})

        def _reply(self, body: object) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(204 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """The worker's own log is what a failing test shows."""

    return Handler
