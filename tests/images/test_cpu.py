"""The image for CPUs: ONNX Runtime and no torch, and the answers of the image that has torch."""

from __future__ import annotations

import re

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import FOR_CPUS
from tests.images.container import answer, run, spans
from tools.images.archive import files
from tools.images.build import build
from tools.images.inventory import read
from tools.images.plan import Plan, trusted_ca
from tools.images.sbom import listing, locked

pytestmark = FOR_CPUS


def test_it_answers_what_the_image_with_torch_answers(
    engine: docker.DockerClient, image: Image, with_torch: Image
) -> None:
    torchs = build(Plan("vad", with_torch.tags[0], "tiny", trusted_ca())).image
    theirs, ours = (answer(engine, each).output for each in (torchs, image))
    assert spans(ours) == spans(theirs) != []
    assert ours["model"] == theirs["model"]


def test_there_is_no_torch_in_it_nor_in_its_base(engine: docker.DockerClient, image: Image) -> None:
    packages = re.compile(r"-packages/(\w+)/__init__\.py$")
    found = {
        match[1] for entry, _ in files(engine, image) if (match := packages.search(entry.name))
    }
    assert "onnxruntime" in found
    assert not {"torch", "onnx", "sympy"} & found


def test_all_that_it_adds_has_a_licence_and_a_hash(
    engine: docker.DockerClient, image: Image
) -> None:
    inventory = read(engine, image)
    assert [package.name for package in inventory.added if not package.licence] == []
    (runtime,) = (package for package in inventory.added if package.name == "onnxruntime")
    assert locked("vad")[runtime.name, runtime.version]
    assert any("Eigen in it" in line for line in listing(inventory))


@pytest.mark.parametrize("cores", [1, 2])
def test_it_computes_on_as_many_threads_as_its_container_has_cores(
    engine: docker.DockerClient, image: Image, cores: int
) -> None:
    code = (
        "from pathlib import Path\n"
        "from services.vad.handler import SERVICE\n"
        "from shared.models.folder import locate\n"
        "from shared.nets.vad import FsmnVad\n"
        "vad = FsmnVad.load(locate(SERVICE.spec.model('vad').id, Path('/models')))\n"
        "print('threads:', vad._network._session.get_session_options().intra_op_num_threads)\n"
    )
    ended = run(engine, image, command=["python3", "-c", code], nano_cpus=cores * 10**9)
    assert f"threads: {cores}\n" in ended.log
