"""Runs a service's real handler in this process, on local files."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
from pathlib import Path
from typing import Any

from shared.contract import AudioRequest
from shared.worker.job import JobHandler, Part, no_part
from shared.worker.service import Service
from shared.worker.start import load
from tools.host_models import use
from tools.loopback import served


def service(name: str) -> Service[AudioRequest]:
    """The service of that name, as its handler defines it."""
    found: Service[AudioRequest] = importlib.import_module(f"services.{name}.handler").SERVICE
    return found


class LocalWorker:
    """One service, loaded as its worker loads it.

    Args:
        name: the service.

    Raises:
        ModelError: its models are not usable.
    """

    def __init__(self, name: str) -> None:
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s | %(message)s")
        self.service = service(name)
        self.models = use(self.service.spec)
        # Files are handed to the handler by URL, from this machine.
        os.environ.update(SPEECH_ALLOW_HTTP="1", SPEECH_ALLOW_PRIVATE="1")
        self._handler = JobHandler(self.service, load(self.service))

    def answer(self, file: Path, options: dict[str, Any], part: Part = no_part) -> dict[str, Any]:
        """The handler's answer for one file: a result, or ``{"error": "code: message"}``.

        Args:
            file: the audio.
            options: the other fields of the input.
            part: takes parts of the result as they are done, if the options ask for them.
        """
        with served(file) as url:
            job = {"id": "local", "input": {"audio_url": url, **options}}
            return asyncio.run(self._handler.handle(job, part))
