"""Starts a worker: loads the engine and hands over to RunPod's SDK."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from shared.errors import InternalError, ModelUnusable, SpeechError
from shared.worker.failure import typed
from shared.worker.job import JobHandler
from shared.worker.room import Room
from shared.worker.sdk import import_sdk
from shared.worker.service import Engine, RequestT, Service
from shared.worker.stream import StreamHandler

logger = logging.getLogger("speech")

_UNLOADABLE = ModelUnusable("the model could not be loaded; the line above says where it failed")


def serve(service: Service[RequestT]) -> None:
    """Run the service as a RunPod worker or, with the SDK's flags, as its local API or test.

    The engine is loaded and warmed up before the first job is taken. On RunPod a failure to load
    is reported as a failed fitness check, so that the platform knows why the worker is unhealthy;
    elsewhere it ends the process with the reason.
    """
    signal.signal(signal.SIGTERM, _leave)  # until the SDK has a handler of its own
    # At its default level, DEBUG, the SDK logs every job's input and output.
    os.environ.setdefault("RUNPOD_LOG_LEVEL", "INFO")
    # Its checks at start dial a public name server, and look at the host's memory and disk. What
    # this worker needs it has shown it has, by loading its model and running it once.
    os.environ.setdefault("RUNPOD_SKIP_AUTO_SYSTEM_CHECKS", "true")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s | %(message)s", force=True)
    with ThreadPoolExecutor(1) as importer:
        # Importing the SDK takes longer than loading a small model, so both are done at once.
        sdk = importer.submit(import_sdk)
        try:
            engine = load(service)
        except Exception as error:  # noqa: BLE001 - any failure to load has one meaning
            problem = typed(error)
            _refuse(_UNLOADABLE if isinstance(problem, InternalError) else problem)
        worker = sdk.result()
    worker.start(_settings(service, engine))


def _settings(service: Service[RequestT], engine: Engine[RequestT]) -> dict[str, Any]:
    """What the SDK is to know."""
    settings: dict[str, Any] = {"return_aggregate_stream": True}
    # The SDK's test of a single input does not run generators, and calls that a success.
    on_runpod = "RUNPOD_WEBHOOK_GET_JOB" in os.environ
    served = on_runpod or any(flag.startswith("--rp_serve_api") for flag in sys.argv)
    tested = any(flag.startswith("--test_input") for flag in sys.argv)
    if service.streams and served and not tested:
        streamed = StreamHandler(service, engine, settings)
        settings.update(handler=streamed.stream, concurrency_modifier=_modifier(streamed.room))
    else:
        handler = JobHandler(service, engine)
        settings.update(handler=handler.handle, concurrency_modifier=_modifier(handler.room))
    return settings


def _modifier(room: Room) -> Callable[[int], int]:
    """What the SDK asks before it takes jobs: how many it may have.

    The number stays as long as it has one, begun or not: after a change it takes none until all
    that it has have ended, and short jobs would wait for a long one.
    """
    from runpod.serverless.modules.worker_state import JobsProgress

    held = JobsProgress()
    return lambda current: current if held.get_job_count() else room.jobs


def _leave(*_: object) -> NoReturn:
    """End a worker that is told to stop while it starts: no job is lost, so it is no failure.

    At once, not by an exception: that could leave an import's lock held, which the other thread
    of the start would wait for.
    """
    os._exit(0)


def load(service: Service[RequestT]) -> Engine[RequestT]:
    """Load the engine and run it once.

    Raises:
        ModelError: the models are missing, altered or of another kind.
    """
    engine = service.load(service.spec)
    engine.warm_up()
    for model in engine.models:
        state = "verified" if model.verified else "unverified: no lock has all of its files"
        logger.info("model %s %s (%s)", model.id, model.revision or "of unknown revision", state)
    return engine


def _refuse(error: SpeechError) -> NoReturn:
    """End the process, and on RunPod say why through the SDK's fitness check."""
    logger.error("%s", error)
    if "RUNPOD_WEBHOOK_GET_JOB" in os.environ:
        worker = import_sdk()

        def models_ready() -> None:
            raise error

        worker.register_fitness_check(models_ready)
        worker.start({"handler": models_ready})
    sys.exit(1)
