"""Keeps a picture of an emulator in a terminal up to date."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import httpx
from pydantic import TypeAdapter
from rich.console import Console
from rich.live import Live

from runpod_emulator.control_api import STATE
from runpod_emulator.snapshot import EndpointSnapshot
from runpod_emulator.view import picture

EVERY_S = 0.5


async def watched(snapshot: Callable[[], Sequence[EndpointSnapshot]], stop: asyncio.Event) -> None:
    """Show an emulator of this process until it is told to stop."""
    with Live(picture(snapshot()), auto_refresh=False) as screen:
        while not stop.is_set():
            screen.update(picture(snapshot()), refresh=True)
            await asyncio.sleep(EVERY_S)


def watch_url(url: str, *, once: bool) -> None:
    """Show an emulator that listens somewhere.

    Args:
        url: such as ``http://127.0.0.1:8000``.
        once: show it as it is and return; otherwise go on until interrupted.

    Raises:
        ConnectionError: nothing answers there, or not an emulator.
    """
    with httpx.Client(base_url=url) as client:
        if once:
            Console().print(picture(_snapshot(client)))
            return
        with Live(picture(_snapshot(client)), auto_refresh=False) as screen:
            while True:
                screen.update(picture(_snapshot(client)), refresh=True)
                time.sleep(EVERY_S)


def _snapshot(client: httpx.Client) -> list[EndpointSnapshot]:
    try:
        answer = client.get(STATE)
        return TypeAdapter(list[EndpointSnapshot]).validate_json(answer.content)
    except (httpx.HTTPError, ValueError):
        raise ConnectionError(f"no emulator answers at {client.base_url}") from None
