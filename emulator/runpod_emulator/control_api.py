"""What is the emulator's own, and not RunPod's: ``/emulator/faults`` and ``/emulator/state``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runpod_emulator.bodies import Json, NotJson, TooLong, read_json, refusal
from runpod_emulator.faults import Schedule, parse
from runpod_emulator.snapshot import EndpointSnapshot

FAULTS = "/emulator/faults"
STATE = "/emulator/state"
LONGEST_FAULT = 10_000  # bytes


def routes(schedule: Schedule, snapshot: Callable[[], Sequence[EndpointSnapshot]]) -> list[Route]:
    """The routes.

    Args:
        schedule: what goes wrong; a fault that is posted is added, DELETE removes all.
        snapshot: says how the endpoints are.
    """

    def told() -> Response:
        happened, faults = len(schedule.happened), len(schedule.faults)
        return Json({"seed": schedule.seed, "happened": happened, "faults": faults})

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                schedule.faults.append(parse(await read_json(request, LONGEST_FAULT)))
            except (ValueError, TooLong, NotJson) as error:
                return refusal(400, str(error) or "not a fault")
        elif request.method == "DELETE":
            schedule.clear()
        return told()

    async def state(_: Request) -> Response:
        return Json([asdict(endpoint) for endpoint in snapshot()])

    return [
        Route(FAULTS, faults, methods=["GET", "POST", "DELETE"]),
        Route(STATE, state, methods=["GET"]),
    ]
