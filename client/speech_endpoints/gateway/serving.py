"""Serves the gateway until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import socket
import traceback
from pathlib import Path
from types import TracebackType

import uvicorn

from speech_endpoints.gateway.app import application
from speech_endpoints.gateway.callers import Limits
from speech_endpoints.gateway.endpoints import Endpoints
from speech_endpoints.gateway.problems import LOG
from speech_endpoints.vendored.shared.errors import InvalidInput

TOKEN = "SPEECH_GATEWAY_TOKEN"  # noqa: S105 - the variable's name
_STOP_S = 20  # for cancelling what runs
_KEEP_S = 60  # a connection is kept; clients give theirs up earlier, so none is closed under them


def listener(host: str, port: int, token: str | None) -> socket.socket:
    """Where callers connect to; port 0 is any that is free.

    Raises:
        InvalidInput: others than this machine's users would reach it, and no token keeps them out.
        OSError: there is no such address, or the port is taken.
    """
    if token is None and not _is_this_machine(host):
        raise InvalidInput(
            f"whoever reaches {host} could call the endpoint at your cost: set {TOKEN} to a secret "
            "that callers give as their API key"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.create_server((host, port), family=family)
    # asyncio does so only for sockets that were made with their protocol's number.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def url_of(bound: socket.socket) -> str:
    """What callers give as their base URL."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"


def serve(endpoints: Endpoints, limits: Limits, bound: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM; what runs then is cancelled, jobs included."""
    _log()
    app, transcriptions = application(endpoints, limits)
    config = uvicorn.Config(
        app, http="h11", log_config=None, access_log=False, server_header=False,
        timeout_keep_alive=_KEEP_S, timeout_graceful_shutdown=_STOP_S,
    )  # fmt: skip

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            transcriptions.stopping.set()
            await super().shutdown(sockets)

    Server(config).run([bound])


class _Places(logging.Formatter):
    """Of an exception, where it happened: its message may quote what a caller sent."""

    def formatException(  # noqa: N802 - the base class's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        frames = reversed(traceback.extract_tb(ei[2]))
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        return " < ".join([ei[0].__name__ if ei[0] else "", *places])


def _log() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Places("%(asctime)s %(message)s"))
    for logger, level in ((LOG, logging.INFO), (logging.getLogger("uvicorn"), logging.WARNING)):
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
