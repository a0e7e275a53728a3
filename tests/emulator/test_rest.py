"""RunPod's REST API: strict about what is sent, and with the traps that its description hides."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runpod_emulator.rest.account import AccountSettings
from runpod_emulator.rest.images import Programs
from runpod_emulator.testing import EmulatedAccount
from tests.data import real_data
from tests.openapi import COPY, conforms
from tests.waiting import until

WIRE_WORKER = Path(__file__).parents[2] / "bench" / "emulator" / "wire_worker.py"
ECHO = [sys.executable, str(WIRE_WORKER)]
OLD, NEW, BROKEN = "me/echo:1", "me/echo:2", "me/echo:broken"
GPU = {"pools": ["AMPERE_24"]}
QUEUE_DELAY = {"type": "QUEUE_DELAY", "queueDelay": 4}
NEW_ENDPOINT = {"name": "echo", "type": "QUEUE", "image": OLD, "gpu": GPU, "scaling": QUEUE_DELAY}

Change = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def account() -> Iterator[EmulatedAccount]:
    programs = Programs({OLD: ECHO, NEW: ECHO, BROKEN: [sys.executable, "-c", "1 / 0"]})
    settings = AccountSettings(programs, workers_quota=5, capacity=frozenset({"EU-RO-1"}))
    with EmulatedAccount(settings) as account:
        yield account


@pytest.fixture
def api(account: EmulatedAccount) -> Iterator[httpx.Client]:
    """The API; what an earlier test made is gone. Answers are as RunPod describes them."""
    headers = {"Authorization": "Bearer key"}
    account.events.clear()
    with httpx.Client(base_url=account.url, headers=headers, timeout=30) as client:
        for endpoint in client.get("/serverless").json()["endpoints"]:
            assert client.delete(f"/serverless/{endpoint['id']}").status_code == 204
        yield client
    conforms(account.events)


@pytest.fixture
def made(api: httpx.Client) -> dict[str, Any]:
    """An endpoint."""
    return create(api)


def create(api: httpx.Client, **different: Any) -> dict[str, Any]:
    body = {name: value for name, value in (NEW_ENDPOINT | different).items() if value is not None}
    answer = api.post("/serverless", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx.Response, status: int) -> str:
    """What a refusal says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    return "; ".join(problem.get("errors", [problem["detail"]]))


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "key"}])
def test_a_caller_without_a_bearer_token_is_refused(
    api: httpx.Client, headers: dict[str, str]
) -> None:
    assert refused(api.get("/serverless", headers=headers), 401) == "missing bearer token"


WRONG = [
    ({"bogus": 1}, "$: additional properties 'bogus' not allowed"),
    ({"idleTimeout": 5}, "$: additional properties 'idleTimeout' not allowed"),
    ({"gpu": {**GPU, "type": "L4"}}, "$.gpu: additional properties 'type' not allowed"),
    ({"gpu": {"count": 1}}, "$.gpu: missing property 'pools'"),
    ({"disk": "20"}, "$.disk: Input should be a valid integer"),
    ({"disk": None}, "$.disk: Input should be a valid integer"),
    ({"env": {"DEBUG": 1}}, "$.env.DEBUG: Input should be a valid string"),
    ({"flashboot": True}, "$.flashboot: Input should be 'OFF', 'FLASHBOOT'"),
    ({"scaling": {"type": "QUEUE_DELAY", "queueDelay": 0.1}}, "$.scaling.queueDelay: "),
    ({"scaling": {"type": "QUEUE_DELAY", "value": 4}}, "$.scaling: missing property 'queueDelay'"),
    ({"workers": {"idleTimeout": 3601}}, "$.workers.idleTimeout: "),
    ({"name": ""}, "$.name: "),
    ({"type": "LOAD_BALANCER"}, "a load balancer scales by REQUEST_COUNT"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_with_a_body_is_named(
    api: httpx.Client, fields: dict[str, Any], words: str
) -> None:
    assert words in refused(api.post("/serverless", json=NEW_ENDPOINT | fields), 422)


@pytest.mark.parametrize("field", ["name", "type", "scaling", "image"])
def test_what_a_new_endpoint_lacks_is_named(api: httpx.Client, field: str) -> None:
    body = {name: value for name, value in NEW_ENDPOINT.items() if name != field}
    assert f"missing property '{field}'" in refused(api.post("/serverless", json=body), 422)


CONTRADICTIONS = [
    ({"cpu": [{"id": "cpu5c", "vcpuCount": 4}]}, "exactly one of gpu or cpu"),
    ({"gpu": {"pools": ["A100"]}}, "unknown GPU pool A100"),
    ({"gpu": {**GPU, "excludedTypes": ["L40"]}}, "L40 is no GPU type of these pools"),
    ({"gpu": {**GPU, "minCudaVersion": "12.4", "allowedCudaVersions": ["12.8"]}}, "exclusive"),
    ({"workers": {"min": 3, "max": 2}}, "workers.min must not exceed workers.max"),
    ({"workers": {"max": 6}}, "must not exceed your quota (5)"),
    ({"registry": "nowhere"}, "registry not found"),
]


@pytest.mark.parametrize(("fields", "words"), CONTRADICTIONS, ids=[w for _, w in CONTRADICTIONS])
def test_what_cannot_be_is_refused(api: httpx.Client, fields: dict[str, Any], words: str) -> None:
    assert words in refused(api.post("/serverless", json=NEW_ENDPOINT | fields), 400)
    assert api.get("/serverless").json() == {"endpoints": []}


def test_what_is_left_out_is_off_and_nothing_and_not_what_the_description_says(
    made: dict[str, Any],
) -> None:
    assert made["flashboot"] == "OFF"
    assert made["timeout"] == 0
    assert made["workers"] == {"min": 0, "max": 3, "idleTimeout": 10}


def test_an_idle_timeout_is_refused_where_requests_are_counted(api: httpx.Client) -> None:
    counting = {"scaling": {"type": "REQUEST_COUNT", "requestCount": 4}}
    fields = counting | {"workers": {"idleTimeout": 5}}
    assert "idleTimeout" in refused(api.post("/serverless", json=NEW_ENDPOINT | fields), 422)
    assert create(api, **counting)["workers"] == {"min": 0, "max": 3}


def test_the_same_name_may_be_taken_twice(api: httpx.Client) -> None:
    first, second = create(api, workers={"max": 1}), create(api, workers={"max": 1})
    assert first["name"] == second["name"]
    assert first["id"] != second["id"]


def test_new_pools_without_exclusions_have_none(api: httpx.Client, made: dict[str, Any]) -> None:
    path = f"/serverless/{made['id']}"
    chosen = {"pools": ["AMPERE_24"], "excludedTypes": ["NVIDIA L4"], "minCudaVersion": "12.4"}
    assert api.patch(path, json={"gpu": chosen}).json()["gpu"]["excludedTypes"] == ["NVIDIA L4"]
    kept = api.patch(path, json={"gpu": {"count": 2}}).json()["gpu"]
    assert kept["excludedTypes"] == ["NVIDIA L4"]
    cleared = api.patch(path, json={"gpu": {"pools": ["AMPERE_24"]}}).json()["gpu"]
    assert cleared["excludedTypes"] == []
    assert cleared["minCudaVersion"] == "12.4"
    alone = api.patch(path, json={"gpu": {"excludedTypes": ["NVIDIA L4"]}})
    assert "'pools' required" in refused(alone, 422)


def test_an_endpoint_stays_what_it_is(api: httpx.Client, made: dict[str, Any]) -> None:
    path = f"/serverless/{made['id']}"
    assert "'type' not allowed" in refused(api.patch(path, json={"type": "QUEUE"}), 422)
    cpu = {"cpu": [{"id": "cpu5c", "vcpuCount": 2}]}
    assert "immutable" in refused(api.patch(path, json=cpu), 400)


def test_a_cpu_endpoint_has_memory_by_its_flavour(api: httpx.Client) -> None:
    found = create(api, gpu=None, cpu=[{"id": "cpu5g", "vcpuCount": 4}])
    assert found["cpu"] == [{"id": "cpu5g", "vcpuCount": 4, "memory": 16}]
    odd = NEW_ENDPOINT | {"cpu": [{"id": "cpu5g", "vcpuCount": 6}]}
    del odd["gpu"]
    assert "power of two" in refused(api.post("/serverless", json=odd), 400)


def test_credentials_of_a_registry_are_never_told_again(api: httpx.Client) -> None:
    body = {"name": "hub", "username": "me", "password": "token-of-the-test"}
    added = api.post("/registries", json=body)
    assert added.status_code == 201
    assert set(added.json()) == {"id", "name"}
    assert "token-of-the-test" not in api.get("/registries").text
    assert create(api, registry=added.json()["id"])["registry"] == added.json()["id"]


def run(api: httpx.Client, endpoint: dict[str, Any], **job_input: Any) -> dict[str, Any]:
    answer = api.post(endpoint["requestUrls"]["runSync"], json={"input": job_input})
    found: dict[str, Any] = answer.json()
    return found


def test_its_jobs_are_done_at_the_urls_it_names(api: httpx.Client, made: dict[str, Any]) -> None:
    assert run(api, made, a=1)["output"] == {"a": 1}
    path = f"/serverless/{made['id']}/workers"
    until(lambda: api.get(path).json()["summary"]["idle"] == 1)
    (worker,) = api.get(path).json()["workers"]
    assert (worker["isStale"], worker["image"]) == (False, OLD)


def test_another_image_replaces_the_workers(api: httpx.Client, made: dict[str, Any]) -> None:
    run(api, made, a=1)
    path = f"/serverless/{made['id']}"
    assert api.patch(path, json={"image": NEW}).json()["image"] == NEW
    until(lambda: api.get(f"{path}/releases").json()["rollout"]["workersTotal"] == 0)
    assert run(api, made, a=2)["output"] == {"a": 2}
    history = api.get(f"{path}/releases").json()
    assert history["rollout"] == {
        "inProgress": False, "workersOnLatest": 1, "workersTotal": 1, "percentOnLatest": 100,
    }  # fmt: skip
    assert history["releases"][0]["diff"] == [
        {"field": "template.imageName", "old": OLD, "new": NEW}
    ]


def test_what_is_the_autoscalers_makes_no_release(api: httpx.Client, made: dict[str, Any]) -> None:
    path = f"/serverless/{made['id']}"
    api.patch(path, json={"workers": {"max": 1}, "timeout": 60_000})
    assert api.get(f"{path}/releases").json()["endpointVersion"] == 1
    assert api.get(path).json()["workers"] == {"min": 0, "max": 1, "idleTimeout": 10}


def test_an_image_that_does_not_start_is_accepted_and_never_ready(
    api: httpx.Client, made: dict[str, Any]
) -> None:
    path = f"/serverless/{made['id']}"
    assert api.patch(path, json={"image": BROKEN}).status_code == 200
    job = api.post(made["requestUrls"]["run"], json={"input": {"a": 1}}).json()["id"]
    until(lambda: any("w2" in str(w) for w in api.get(f"{path}/workers").json()["workers"]))
    api.patch(path, json={"image": OLD})
    status = made["requestUrls"]["status"].replace("{job_id}", job)
    until(lambda: api.get(status).json()["status"] == "COMPLETED")


def test_a_place_without_capacity_is_a_silence(api: httpx.Client) -> None:
    found = create(api, dataCenterIds=["US-TX-3"], workers={"min": 1, "max": 1})
    path = f"/serverless/{found['id']}"
    until(lambda: api.get(f"{path}/workers").json()["summary"]["throttled"] == 1)
    api.patch(path, json={"dataCenterIds": []})
    until(lambda: api.get(f"{path}/workers").json()["summary"]["idle"] == 1)


def test_what_a_worker_writes_is_streamed(api: httpx.Client) -> None:
    found = create(api, image="nowhere/none:1", workers={"min": 1, "max": 1})
    path = f"/serverless/{found['id']}/workers"
    until(lambda: api.get(path).json()["workers"])
    worker = api.get(path).json()["workers"][0]["id"]
    with api.stream("GET", f"{path}/{worker}/logs?tail=10&source=container") as answer:
        lines = answer.iter_lines()
        data = next(line for line in lines if line.startswith("data: "))
    assert '"line": "there is no image nowhere/none:1"' in data
    assert "tail" in refused(api.get(f"{path}/{worker}/logs?tail=5001"), 422)


def test_what_is_sent_and_answered_is_as_runpod_describes_it(
    api: httpx.Client, account: EmulatedAccount
) -> None:
    real_data(COPY)
    found = create(api, env={"A": "b"}, timeout=1000, flashboot="FLASHBOOT", disk=10)
    for change in ({"image": NEW}, {"bogus": 1}):
        api.patch(f"/serverless/{found['id']}", json=change)
    api.get(f"/serverless/{found['id']}/releases")
    assert len(account.events) >= 4
    conforms(account.events)


def test_a_deleted_endpoint_is_gone_with_its_workers(
    api: httpx.Client, made: dict[str, Any]
) -> None:
    run(api, made, a=1)
    assert api.delete(f"/serverless/{made['id']}").status_code == 204
    assert api.delete(f"/serverless/{made['id']}").status_code == 404
    assert api.get(made["requestUrls"]["health"]).status_code == 404
