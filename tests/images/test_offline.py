"""An image answers jobs with no network, no rights and nothing to write to."""

from __future__ import annotations

import json
from typing import Any

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import EVERY_SERVICE
from tests.images.container import HARDENED, answer, run, spans

pytestmark = EVERY_SERVICE

# The kernel ends a process that so much as tries to reach another: `connect`, or sending to an
# address. (asyncio wakes itself by sending on a socket pair, which has no address.)
CONNECT_IS_DEATH = json.dumps({
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["connect", "sendmsg", "sendmmsg"], "action": "SCMP_ACT_KILL_PROCESS"},
        {
            "names": ["sendto"],
            "action": "SCMP_ACT_KILL_PROCESS",
            "args": [{"index": 4, "value": 0, "op": "SCMP_CMP_NE"}],
        },
    ],
})  # fmt: skip
KILLED_FOR_A_SYSTEM_CALL = 128 + 31
WATCHED: dict[str, Any] = {
    "security_opt": [*HARDENED["security_opt"], f"seccomp={CONNECT_IS_DEATH}"]
}


def test_a_job_is_answered_with_no_network_no_rights_and_a_read_only_root(
    engine: docker.DockerClient, image: Image
) -> None:
    ended = answer(engine, image)
    assert ended.code == 0
    model = ended.output["model"]
    assert (model["revision"], model["verified"]) == ("tiny-1", True)
    assert "WARN" not in ended.log.upper()
    assert "Traceback" not in ended.log


def test_no_connection_is_even_tried_and_a_tmp_of_one_kilobyte_is_enough(
    engine: docker.DockerClient, image: Image
) -> None:
    tmpfs = {"/tmp": "size=1k"}  # noqa: S108 - in the container
    ended = answer(engine, image, tmpfs=tmpfs, **WATCHED)
    assert ended.code == 0
    assert spans(ended.output)


def test_a_connection_would_be_noticed(engine: docker.DockerClient, image: Image) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80))"
    ended = run(engine, image, command=["python3", "-c", code], **WATCHED)
    assert ended.code == KILLED_FOR_A_SYSTEM_CALL


@pytest.mark.parametrize("user", ["1000700000:0", None])
def test_any_user_can_run_it(engine: docker.DockerClient, image: Image, user: str | None) -> None:
    assert answer(engine, image, user=user).code == 0


def test_its_own_user_is_not_root(engine: docker.DockerClient, image: Image) -> None:
    ended = run(engine, image, command=["id", "-u"], user=None)
    assert ended.log.strip() == "10001"
