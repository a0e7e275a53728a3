"""Serves the playground, and endpoints unless there are some: ``nox -s playground``."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from playground.app import Playground
from playground.emulated import emulated
from playground.recordings import Recordings
from runpod_emulator.cli import LOCAL
from speech_endpoints.failures import SpeechError
from tools.workspace import service_names

PORT = 8001
_START_S = 60.0


def main() -> None:
    """Serve the page until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="nox -s playground --", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="where the page is")
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="SERVICE=ENDPOINT", type=_endpoint,
        help=f"an endpoint's id on RunPod, or a URL, of {', '.join(service_names())}; may be "
        "repeated. Without any: those of `nox -s serve`, which is started if it does not run",
    )  # fmt: skip
    arguments = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit())  # and the emulator ends too
    with _endpoints(dict(arguments.endpoint)) as endpoints, Recordings.opened() as recordings:
        try:
            app = Playground(endpoints, recordings).app()
        except SpeechError as error:
            parser.error(str(error))
        config = uvicorn.Config(app, port=arguments.port, log_level="warning")
        listener = config.bind_socket()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}   Ctrl-C ends it.", flush=True)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listener])


def _endpoint(text: str) -> tuple[str, str]:
    service, _, where = text.partition("=")
    if service not in service_names() or not where:
        raise argparse.ArgumentTypeError(f"{text} is not SERVICE=ENDPOINT")
    return service, where


@contextmanager
def _endpoints(given: dict[str, str]) -> Iterator[dict[str, str]]:
    """Those that were given, or those of the emulator, while the context lasts."""
    if given:
        yield given
    elif found := _emulated():
        yield found
    else:
        emulator = subprocess.Popen([sys.executable, "-m", "tools.serve"])
        try:
            yield _started(emulator)
        finally:
            emulator.terminate()
            emulator.wait()


def _emulated() -> dict[str, str]:
    """The services' endpoints of the emulator on this machine; none if it does not run."""
    found = emulated(LOCAL)
    return {name: found[name].url for name in service_names() if name in found}


def _started(emulator: subprocess.Popen[bytes]) -> dict[str, str]:
    deadline = time.monotonic() + _START_S
    while emulator.poll() is None and time.monotonic() < deadline:
        if found := _emulated():
            return found
        time.sleep(0.1)
    raise SystemExit("the endpoints did not start: see above")
