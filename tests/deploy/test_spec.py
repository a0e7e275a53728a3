"""``endpoint.toml`` says how an endpoint is run; what cannot be is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runpod_emulator.rest.account import AccountSettings
from tests.deploy.conftest import SPEC
from tools.deploy.desired import change, desired, differences, undo
from tools.endpoints import EndpointSpec
from tools.workspace import service_names

IMAGE = "me/vad-service@sha256:" + "0" * 64
GOOD: dict[str, Any] = {
    "gpu": '["AMPERE_16"]', "workers_min": 0, "workers_max": 1, "idle_timeout_s": 10,
    "queue_delay_s": 4.0,
}  # fmt: skip
FAULTS = [
    ({"gpu": None}, "give gpu (pools) or cpu (flavours), one of the two"),
    ({"cpu": '[{flavor = "cpu5c", vcpus = 4}]'}, "one of the two"),
    ({"gpu": None, "cpu": '[{flavor = "cpu5c", vcpus = 6}]'}, "cpu.0.vcpus: "),
    ({"workers_min": 2}, "workers_min is more than workers_max"),
    ({"requests_per_worker": 4}, "give queue_delay_s or requests_per_worker"),
    ({"queue_delay_s": None, "requests_per_worker": 4}, "idle_timeout_s goes with queue_delay_s"),
    ({"idle_timeout_s": 3601}, "idle_timeout_s: "),
    ({"queue_delay_s": 0.1}, "queue_delay_s: "),
    ({"cuda_min": '"12"'}, "cuda_min: "),
    ({"flash_boot": "true"}, "flash_boot: Extra inputs are not permitted"),
    ({"environment": "{ DEBUG = 1 }"}, "environment.DEBUG: "),
    ({"gpu": "["}, "services/one/endpoint.toml: "),
]


def written(root: Path, fields: dict[str, Any]) -> EndpointSpec:
    folder = root / "services" / "one"
    folder.mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in fields.items() if value is not None]
    (folder / "endpoint.toml").write_text("\n".join(lines))
    return EndpointSpec.of("one", root)


@pytest.mark.parametrize(("fields", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_what_cannot_be_is_refused_by_name(
    tmp_path: Path, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=r"services/one/endpoint\.toml: ") as error:
        written(tmp_path, GOOD | fields)
    assert words in str(error.value)


def test_every_setting_is_stated_in_the_body(tmp_path: Path) -> None:
    body = desired("one", IMAGE, written(tmp_path, GOOD), None)
    assert body["flashboot"] == "FLASHBOOT"
    assert body["timeout"] == 600_000
    assert body["registry"] is None
    assert body["gpu"] == {
        "pools": ["AMPERE_16"], "excludedTypes": [], "count": 1, "allowedCudaVersions": [],
    }  # fmt: skip


def test_no_idle_timeout_is_sent_where_requests_are_counted(tmp_path: Path) -> None:
    counting = {"queue_delay_s": None, "idle_timeout_s": None, "requests_per_worker": 4}
    body = desired("one", IMAGE, written(tmp_path, GOOD | counting), None)
    assert body["scaling"] == {"type": "REQUEST_COUNT", "requestCount": 4}
    assert body["workers"] == {"min": 0, "max": 1}


def answered(body: dict[str, Any], **different: Any) -> dict[str, Any]:
    """An endpoint as RunPod shows it: with more than was sent, and with numbers as it likes."""
    gpu = {**body["gpu"], "minCudaVersion": body["gpu"].get("minCudaVersion")}
    scaling = {**body["scaling"], "queueDelay": int(body["scaling"]["queueDelay"])}
    return {**body, "id": "e1", "createdAt": "", "gpu": gpu, "scaling": scaling, **different}


def test_what_an_answer_has_besides_is_no_difference() -> None:
    body = desired("vad", IMAGE, SPEC, None)
    assert change(answered(body), body) == {}
    assert differences(answered(body), body) == []
    shuffled = SPEC.model_copy(update={"data_centers": ("EU-RO-1", "US-TX-3")})
    then = desired("vad", IMAGE, shuffled, None)
    assert change(answered(then, dataCenterIds=["US-TX-3", "EU-RO-1"]), then) == {}


def test_pools_are_changed_together_with_the_exclusions() -> None:
    spec = SPEC.model_copy(update={"gpu_excluded": ("NVIDIA L4",), "cuda_min": "12.8"})
    now = answered(desired("vad", IMAGE, spec, None))
    then = desired("vad", IMAGE, spec.model_copy(update={"gpu": ("AMPERE_24",)}), None)
    assert change(now, then)["gpu"]["excludedTypes"] == ["NVIDIA L4"]
    without = desired("vad", IMAGE, spec.model_copy(update={"cuda_min": ""}), None)
    body = change(now, without)
    assert body["gpu"]["minCudaVersion"] == "", "which clears it"
    assert undo(now, body)["gpu"]["minCudaVersion"] == "12.8"


def test_variables_of_an_endpoint_are_not_told() -> None:
    body = desired("vad", IMAGE, SPEC, None)
    found = differences(answered(body, env={"TOKEN": "hidden", "RUNPOD_LOG_LEVEL": "x"}), body)
    told = {each.field: (each.now, each.then) for each in found}
    assert told == {"env.TOKEN": ("(set)", "-"), "env.RUNPOD_LOG_LEVEL": ("(set)", "INFO")}


def test_all_endpoints_and_a_candidate_are_within_a_new_accounts_workers() -> None:
    most = sum(EndpointSpec.of(service).workers_max for service in service_names())
    assert most + 1 <= AccountSettings().workers_quota
