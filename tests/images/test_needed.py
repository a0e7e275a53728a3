"""An image has no package that nothing in it imports, and its API needs none that it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.models.containers import Container
from docker.models.images import Image

from tests.images.conftest import EVERY_IMAGE
from tests.images.container import started
from tools.workspace import ROOT

pytestmark = EVERY_IMAGE

# In the container: the job is asked of the API as soon as it listens.
ASK = """
import json, sys, time, urllib.error, urllib.request
request = urllib.request.Request("http://127.0.0.1:8000/runsync", sys.argv[1].encode(),
                                 {"Content-Type": "application/json"})
for _ in range(600):
    try:
        print(urllib.request.urlopen(request).read().decode())
        break
    except urllib.error.URLError:
        time.sleep(0.1)
"""
PACKAGES = """
import importlib.metadata, json
found = importlib.metadata.distributions(path=["/opt/venv/lib/python3.11/site-packages"])
print(json.dumps({d.name: sorted({f.parts[0] for f in d.files}) for d in found}))
"""
# What a worker may yet import.
LATER = {
    "psutil",  # the SDK's checks at start, unless RUNPOD_SKIP_AUTO_SYSTEM_CHECKS is true
    "soundfile",  # recordings that are WAV, FLAC, MP3, ...
    "soxr",  # recordings of another rate
}


@pytest.fixture(scope="session")
def serving(engine: docker.DockerClient, image: Image) -> Iterator[Container]:
    """A container that serves the API by itself and writes down what it imports."""
    command = [*image.attrs["Config"]["Cmd"], "--rp_serve_api", "--rp_api_host", "127.0.0.1"]
    environment = {"PYTHONPROFILEIMPORTTIME": "1"}
    with started(engine, image, command=command, environment=environment) as container:
        yield container


def in_it(container: Container, *command: str) -> Any:
    code, output = container.exec_run(
        ["python3", "-c", *command], environment={"PYTHONPROFILEIMPORTTIME": ""}
    )
    assert isinstance(output, bytes)
    assert code == 0, output.decode()
    return json.loads(output)


@pytest.fixture(scope="session")
def answered(serving: Container, name: str) -> dict[str, Any]:
    job = (ROOT / "services" / name / "test_input.json").read_text()
    found: dict[str, Any] = in_it(serving, ASK, job)
    return found


def test_the_image_serves_the_api_by_itself(answered: dict[str, Any]) -> None:
    assert answered["status"] == "COMPLETED"
    output = answered["output"]
    result = output[-1] if isinstance(output, list) else output  # a list where parts come first
    assert result["model"]["verified"]


@pytest.mark.usefixtures("answered")
def test_every_package_is_imported(serving: Container) -> None:
    log = serving.logs().decode()
    imported = set(re.findall(r"^import time: .*\| +(\w+)", log, re.MULTILINE))
    packages: dict[str, list[str]] = in_it(serving, PACKAGES)
    unused = {
        package
        for package, tops in packages.items()
        if not imported & {top.partition(".")[0] for top in tops}
    }
    assert unused <= LATER
