"""Starts a worker: loads the engine and hands over to RunPod's SDK."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from shared.errors import InternalError, ModelUnusable, SpeechError
from shared.worker.failure import typed
from shared.worker.job import JobHandler
from shared.worker.room import Places
from shared.worker.sdk import import_sdk
from shared.worker.service import Engine, RequestT, Service
from shared.worker.stream import StreamHandler

logger = logging.getLogger("speech")

_IMPORTED = time.perf_counter()
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
    began = time.perf_counter()
    gc.disable()  # what is loaded from here on stays
    with ThreadPoolExecutor(1, "SDK") as importer:
        try:
            engine = load(service, partial(importer.submit, import_sdk))
        except Exception as error:  # noqa: BLE001 - any failure to load has one meaning
            problem = typed(error)
            _refuse(_UNLOADABLE if isinstance(problem, InternalError) else problem)
        loaded = time.perf_counter()
    worker = import_sdk()
    gc.freeze()
    gc.enable()
    logger.info("ready after %.2f s, the engine in %.2f s of them", _age(), loaded - began)
    if _on_runpod():
        # When the SDK has forked its heartbeat: a fork must not meet another thread's import.
        os.register_at_fork(after_in_parent=_import_readers_meanwhile)
    worker.start(_settings(service, engine))


def _age() -> float:
    """Seconds since this process was started; where Linux does not say it, since this import."""
    try:  # proc(5): field 22, in clock ticks since the system was; the second may hold blanks
        started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return time.perf_counter() - _IMPORTED
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / os.sysconf("SC_CLK_TCK")


def _import_readers_meanwhile() -> None:
    threading.Thread(target=import_readers, name="readers", daemon=True).start()


def import_readers() -> None:
    """Import what fetches and reads recordings; in a worker, while the SDK asks for the first."""
    import soxr  # noqa: F401

    import shared.decode.ffmpeg
    import shared.decode.sndfile
    import shared.fetch.transfer  # noqa: F401


def _settings(service: Service[RequestT], engine: Engine[RequestT]) -> dict[str, Any]:
    """What the SDK is to know."""
    settings: dict[str, Any] = {"return_aggregate_stream": True}
    # The SDK's test of a single input does not run generators, and calls that a success.
    served = _on_runpod() or any(flag.startswith("--rp_serve_api") for flag in sys.argv)
    tested = any(flag.startswith("--test_input") for flag in sys.argv)
    if service.streams and served and not tested:
        streamed = StreamHandler(service, engine, settings)
        settings.update(handler=streamed.stream, concurrency_modifier=modifier(streamed.room))
    else:
        handler = JobHandler(service, engine)
        settings.update(handler=handler.handle, concurrency_modifier=modifier(handler.room))
    return settings


def modifier(places: Places) -> Callable[[int], int]:
    """What the SDK asks before it takes jobs: how many it may have.

    The number stays as long as it has one, begun or not: after a change it takes none until all
    that it has have ended, and short jobs would wait for a long one.
    """
    from runpod.serverless.modules.worker_state import JobsProgress

    held = JobsProgress()
    return lambda current: current if held.get_job_count() else places.jobs


def _on_runpod() -> bool:
    return "RUNPOD_WEBHOOK_GET_JOB" in os.environ


def _leave(*_: object) -> NoReturn:
    """End a worker that is told to stop while it starts: no job is lost, so it is no failure.

    At once, not by an exception: that could leave an import's lock held, which the other thread
    of the start would wait for.
    """
    os._exit(0)


def load(
    service: Service[RequestT], meanwhile: Callable[[], object] = lambda: None
) -> Engine[RequestT]:
    """Load the engine and run it once.

    Args:
        service: whose.
        meanwhile: starts what is to be done in another thread while the engine runs. Loading it is
            mostly Python, of which one thread runs at a time.

    Raises:
        ModelError: the models are missing, altered or of another kind.
    """
    engine = service.load(service.spec)
    meanwhile()
    engine.warm_up()
    for model in engine.models:
        state = "verified" if model.verified else "unverified: no lock has all of its files"
        logger.info("model %s %s (%s)", model.id, model.revision or "of unknown revision", state)
    return engine


def _refuse(error: SpeechError) -> NoReturn:
    """End the process, and on RunPod say why through the SDK's fitness check."""
    logger.error("%s", error)
    if _on_runpod():
        worker = import_sdk()

        def models_ready() -> None:
            raise error

        worker.register_fitness_check(models_ready)
        worker.start({"handler": models_ready})
    sys.exit(1)
