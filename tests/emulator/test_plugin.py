"""The fixture ``runpod_endpoint``, used as its readers would."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from runpod_emulator.faults import Fault
from runpod_emulator.pytest_plugin import MakeEndpoint, command_of, runpod_endpoint

__all__ = ["runpod_endpoint"]


async def double(job: dict[str, Any]) -> dict[str, Any]:
    return {"twice": 2 * job["input"]["number"]}


def test_a_handler_function_answers_jobs(runpod_endpoint: MakeEndpoint) -> None:
    endpoint = runpod_endpoint(double)
    assert endpoint.run({"number": 21})["output"] == {"twice": 42}


def test_a_result_whose_answer_was_lost_is_not_posted_for_nothing(
    runpod_endpoint: MakeEndpoint,
) -> None:
    faults = [Fault("job-done", status=503, limit=1)]
    endpoint = runpod_endpoint(double, faults=faults)
    assert endpoint.run({"number": 1})["output"] == {"twice": 2}
    posts = [event for event in endpoint.events if "/job-done/" in event["path"]]
    assert [event["status"] for event in posts] == [503, 200]


def test_a_command_is_a_worker_too_and_callers_reach_it_by_http(
    runpod_endpoint: MakeEndpoint,
) -> None:
    endpoint = runpod_endpoint([sys.executable, str(Path(__file__).with_name("handlers.py"))])
    asked = {"input": {"number": 4}}
    headers = {"Authorization": "Bearer any"}
    answer = httpx.post(f"{endpoint.url}/runsync", json=asked, headers=headers, timeout=60)
    assert answer.json()["output"]["echo"] == {"number": 4}


def test_a_function_no_other_process_can_find_is_refused() -> None:
    with pytest.raises(ValueError, match="top level"):
        command_of(lambda job: job)
