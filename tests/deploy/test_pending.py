"""What is to be deployed: all that differs from what was last deployed with success."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.conftest import Images
from tests.tools.project import commit, make
from tools.deploy.api import RunPod
from tools.deploy.desired import desired
from tools.deploy.errors import DeployError
from tools.deploy.pending import is_later, left_over, pending
from tools.endpoints import EndpointSpec
from tools.workspace.tree import git

ENDPOINT = """gpu = ["AMPERE_16"]
workers_min = 0
workers_max = 1
idle_timeout_s = 10
queue_delay_s = 4
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with the services one and two, committed."""
    make(tmp_path)
    files = {f"services/{name}/endpoint.toml": ENDPOINT for name in ("one", "two")}
    commit(make(tmp_path, files))
    return tmp_path


def head(root: Path) -> str:
    return git("rev-parse", "HEAD", at=root).strip()


def deploy(root: Path, api: RunPod, images: Images, service: str) -> None:
    """As the workflow does, with success: the image says which commit it is of."""
    body = desired(service, images.push(commit=head(root)), EndpointSpec.of(service, root), None)
    if found := api.find(service):
        api.update(found["id"], {"image": body["image"]})
    else:
        api.create(body)


def todo(api: RunPod, root: Path) -> dict[str, str]:
    return {each.service: each.reason for each in pending(api, root)}


def test_before_the_first_deployment_all_are_to_be_deployed(api: RunPod, project: Path) -> None:
    assert todo(api, project) == {"one": "nothing is deployed", "two": "nothing is deployed"}


def test_after_it_only_what_changed_is(api: RunPod, project: Path, images: Images) -> None:
    for service in ("one", "two"):
        deploy(project, api, images, service)
    assert todo(api, project) == {}
    commit(make(project, {"services/two/handler.py": "import shared.core", "README.md": "more"}))
    assert list(todo(api, project)) == ["two"]
    assert "services/two/handler.py" in todo(api, project)["two"]


def test_a_deployment_that_failed_is_made_up_for_by_any_later_push(
    api: RunPod, project: Path, images: Images
) -> None:
    for service in ("one", "two"):
        deploy(project, api, images, service)
    commit(make(project, {"services/one/handler.py": "import shared.core"}))  # and fails: no deploy
    commit(make(project, {"README.md": "an unrelated push"}))
    assert list(todo(api, project)) == ["one"]


def test_a_commit_that_a_force_push_took_away_is_no_base(
    api: RunPod, project: Path, images: Images
) -> None:
    for service in ("one", "two"):
        deploy(project, api, images, service)
    lost = "1234567890" * 4
    image = images.push(commit=lost)
    api.update(str((api.find("one") or {})["id"]), {"image": image})
    assert todo(api, project) == {"one": "the deployed commit 1234567 is not in this history"}


def test_a_later_commit_is_told_from_others(project: Path) -> None:
    first = head(project)
    commit(make(project, {"README.md": "more"}))
    second = head(project)
    assert not is_later(first, project)
    assert not is_later(second, project), "it is this one"
    assert not is_later("1234567890" * 4, project), "nobody knows it here"
    git("checkout", "--quiet", first, at=project)
    assert is_later(second, project)
    commit(make(project, {"README.md": "something else"}))
    assert not is_later(second, project), "it is of another branch"


def test_settings_of_an_endpoint_are_compared_with_what_it_has(
    api: RunPod, project: Path, images: Images
) -> None:
    for service in ("one", "two"):
        deploy(project, api, images, service)
    commit(make(project, {"services/one/endpoint.toml": ENDPOINT.replace("max = 1", "max = 2")}))
    assert todo(api, project) == {"one": "settings differ: workers.max"}
    (found,) = pending(api, project)
    assert found.image == (api.find("one") or {})["image"], "which need not be built"


def test_an_image_that_does_not_say_its_commit_is_replaced(
    api: RunPod, project: Path, images: Images
) -> None:
    for service in ("one", "two"):
        deploy(project, api, images, service)
    api.update(str((api.find("two") or {})["id"]), {"image": images.push()})
    assert list(todo(api, project)) == ["two"]


def test_the_endpoint_of_a_deleted_service_is_named_and_left(
    api: RunPod, project: Path, images: Images
) -> None:
    deploy(project, api, images, "one")
    (endpoint,) = api.endpoints()
    ours = {**endpoint, "image": "me/one-service@sha256:1"}
    somebodys = {**endpoint, "name": "comfy", "image": "runpod/worker-comfyui:5"}
    assert left_over([ours, somebodys], ["two"]) == ["one"]
    assert left_over([ours, somebodys], ["one", "two"]) == []
    assert api.find("one")


def test_only_the_services_that_were_named_are_looked_at(
    api: RunPod, project: Path, images: Images
) -> None:
    assert [each.service for each in pending(api, project, only=["two"])] == ["two"]
    deploy(project, api, images, "two")
    assert pending(api, project, only=["two"]) == []
    (again,) = pending(api, project, only=["two"], anyway=True)
    assert again.reason == "asked for"
    with pytest.raises(DeployError, match="there is no service three: one, two"):
        pending(api, project, only=["two", "three"])


def test_several_endpoints_of_a_name_stop_it(api: RunPod, project: Path, images: Images) -> None:
    body = desired("one", images.push(), EndpointSpec.of("one", project), None)
    deploy(project, api, images, "one")
    api._try("POST", "/serverless", body)
    with pytest.raises(DeployError, match="2 endpoints named one"):
        pending(api, project)
