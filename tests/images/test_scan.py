"""What an endpoint runs is looked up by what is in it, and so is listed what was pushed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from runpod_emulator.testing import EmulatedAccount
from tests import osv as double
from tests.images.conftest import Images
from tests.images.test_inventory import FILES, locked
from tests.openapi import conforms
from tests.osv import record
from tests.registry import Registry
from tools.deploy.api import RunPod
from tools.deploy.desired import desired
from tools.endpoints import EndpointSpec
from tools.images import sbom
from tools.images.engine import find_image
from tools.images.origin import REVISION
from tools.images.registry.repository import Repository
from tools.images.transfer import Transfer
from tools.scan.__main__ import main
from tools.scan.osv import Osv

COMMIT = "1234567890" * 4
RECORDS = [
    record(
        "DEBIAN-CVE-2026-1", ("Debian:12", "glibc"), ["2.36"], fixed="2.37", upstream=["CVE-2026-1"]
    )
]


@pytest.fixture
def deployed(engine: docker.DockerClient, images: Images, registry: Registry) -> Iterator[str]:
    """A service's image in a registry, and no more in the engine."""
    files = {path: text.encode() for path, text in (FILES | locked("v2")).items()}
    steps = ["FROM scratch", *(f"COPY {path} /{path}" for path in files)]
    steps.append('CMD ["python3", "-m", "services.toy.handler"]')
    image = images.build("\n".join(steps), files)
    repository = Repository(f"{registry.host}/tests/toy-service")
    name = Transfer(engine, image, repository, {REVISION: COMMIT}).push("1").name
    engine.images.remove(str(image.id), force=True)
    yield name
    if pulled := find_image(engine, name):
        engine.images.remove(str(pulled.id), force=True)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatedAccount]:
    with EmulatedAccount() as account:
        monkeypatch.setenv("RUNPOD_API_KEY", "any")
        monkeypatch.setenv("RUNPOD_REST_URL", account.url)
        yield account
    conforms(account.events)


@pytest.fixture
def osv() -> Iterator[double.Osv]:
    with double.running(RECORDS) as found:
        yield found


def test_what_endpoints_run_is_looked_up(
    account: EmulatedAccount, deployed: str, osv: double.Osv, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    with RunPod("any", account.url) as api:
        api.create(desired("vad", deployed, EndpointSpec.of("vad"), None))
    assert main([], Osv(osv.url, pauses_s=())) == 1
    text = (tmp_path / "summary.md").read_text()
    assert f"- vad ?, commit 1234567: `{deployed}`" in text
    assert "| glibc (Debian:12) | 2.36 | [CVE-2026-1]" in text
    assert "| 2.37 | vad: base |" in text
    (asked,) = osv.asked
    assert {each["package"]["name"] for each in asked} == {
        "good", "bad", "glibc", "util-linux", "tar",
    }  # fmt: skip


@pytest.mark.usefixtures("engine", "account")
def test_where_nothing_is_deployed_there_is_nothing_to_find(
    osv: double.Osv, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], Osv(osv.url)) == 0
    assert "nothing is deployed" in capsys.readouterr().out


def test_the_bill_of_materials_of_a_pushed_image_is_that_of_its_digest(
    deployed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(sbom, "OUTPUT", tmp_path)
    monkeypatch.setattr("sys.argv", ["sbom", "vad", "--image", deployed])
    assert sbom.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    digest = deployed.partition("@")[2].replace(":", "-")
    assert last == f"out/sbom/toy-service-{digest}.cdx.json"
    (found,) = json.loads((tmp_path / Path(last).name).read_text())["metadata"]["component"][
        "hashes"
    ]
    assert found["alg"] == "SHA-256"
