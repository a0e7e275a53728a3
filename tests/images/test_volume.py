"""An image without models starts from a volume that a pod filled, or says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from shared.models.lock import LOCK_NAME
from tests.images.container import JOB, Ended, answer, run, spans, started
from tests.images.test_build import MODEL
from tools.images.build import build
from tools.images.plan import Plan, trusted_ca
from tools.workspace import ROOT, TINY_MODELS

TINY_LOCK = TINY_MODELS / MODEL / LOCK_NAME


@pytest.fixture(scope="module")
def provision(base: Image) -> Image:
    """The image that a pod fills a volume with."""
    return build(Plan("provision", base.tags[0], ca=trusted_ca())).image


@pytest.fixture(scope="module")
def bare(base: Image) -> Image:
    """The service's image without models, made for the real ones."""
    return build(Plan("vad", base.tags[0], "volume", trusted_ca())).image


@pytest.fixture(scope="module")
def filled(
    engine: docker.DockerClient, provision: Image, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A volume that a pod has filled with the tiny weights."""
    volume = tmp_path_factory.mktemp("volume")
    volume.chmod(0o777)
    done = run(
        engine, provision, command=["--services", "vad", "--from", "/tiny"],
        volumes=[f"{volume}:/workspace", f"{TINY_MODELS}:/tiny:ro"],
    )  # fmt: skip
    assert (done.code, "the volume is ready" in done.log) == (0, True)
    return volume


@pytest.fixture
def volume(filled: Path, tmp_path: Path) -> Path:
    """Such a volume, to be damaged."""
    shutil.copytree(filled, tmp_path / "volume")
    return tmp_path / "volume"


def on(volume: Path) -> dict[str, Any]:
    """The options of a worker that has the volume, and the tiny weights' lock as its image's."""
    return {
        "volumes": [f"{volume}:/runpod-volume:ro", f"{TINY_LOCK}:/tiny.lock:ro"],
        "environment": {"MODELS_LOCK": "/tiny.lock"},
    }


def test_an_image_without_models_has_their_lock_and_a_link(
    engine: docker.DockerClient, bare: Image
) -> None:
    show = "readlink /models && find /app /opt/venv -name model.pt && cat /models.lock"
    shown = run(engine, bare, command=["sh", "-c", show]).log
    assert shown == "/runpod-volume/models\n" + (ROOT / "services/vad/models.lock").read_text()


def test_workers_that_start_at_once_share_a_volume_they_cannot_write_to(
    engine: docker.DockerClient, bare: Image, filled: Path
) -> None:
    command = [*bare.attrs["Config"]["Cmd"], "--test_input", json.dumps(JOB)]
    with (
        started(engine, bare, command=command, **on(filled)) as one,
        started(engine, bare, command=command, **on(filled)) as other,
    ):
        for worker in (one, other):
            ended = Ended(worker.wait(timeout=120)["StatusCode"], worker.logs().decode())
            assert ended.output["model"] == {"id": MODEL, "revision": "tiny-1", "verified": True}
            assert spans(ended.output)


def test_a_copy_on_the_workers_own_disk_serves_as_well(
    engine: docker.DockerClient, bare: Image, filled: Path
) -> None:
    options = on(filled)
    options["environment"]["MODELS_COPY"] = "1"
    assert spans(answer(engine, bare, **options).output)
    full = answer(engine, bare, tmpfs={"/tmp": "size=64k"}, **options)  # noqa: S108 - in the container
    assert (full.code, "model_not_copied: " in full.log) == (1, True)


def take_the_models(volume: Path) -> None:
    shutil.rmtree(volume / "models")


def flip_a_byte(volume: Path) -> None:
    (weights,) = volume.rglob("model.pt")
    data = bytearray(weights.read_bytes())
    data[1000] ^= 1
    weights.write_bytes(data)


def truncate(volume: Path) -> None:
    (weights,) = volume.rglob("model.pt")
    weights.write_bytes(weights.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (take_the_models, "model_missing: the volume has no folder of models"),
        (flip_a_byte, f"model_altered: {MODEL}: model.pt"),
        (truncate, f"model_altered: {MODEL}: model.pt"),
    ],
)
def test_what_is_wrong_with_a_volume_stops_the_start(
    engine: docker.DockerClient,
    bare: Image,
    volume: Path,
    damage: Callable[[Path], None],
    told: str,
) -> None:
    damage(volume)
    ended = answer(engine, bare, **on(volume))
    assert (ended.code, told in ended.log) == (1, True)
    assert "Traceback" not in ended.log


def test_a_volume_of_another_release_stops_the_start(
    engine: docker.DockerClient, bare: Image, filled: Path
) -> None:
    ended = answer(engine, bare, volumes=[f"{filled}:/runpod-volume:ro"])
    assert ended.code == 1
    assert f"model_outdated: {MODEL}: v2.0.4 is needed, the volume has tiny-1" in ended.log


def test_without_a_volume_the_start_says_so(engine: docker.DockerClient, bare: Image) -> None:
    ended = answer(engine, bare)
    assert (ended.code, "model_missing: there is no network volume" in ended.log) == (1, True)


def test_a_pod_without_a_volume_does_nothing(engine: docker.DockerClient, provision: Image) -> None:
    ended = run(engine, provision)
    assert (ended.code, "no network volume is mounted" in ended.log) == (1, True)


def test_a_pod_checks_what_a_worker_would_refuse(
    engine: docker.DockerClient, provision: Image, volume: Path
) -> None:
    flip_a_byte(volume)
    ended = run(
        engine, provision, command=["--services", "vad", "--from", "/tiny", "--check"],
        volumes=[f"{volume}:/runpod-volume:ro", f"{TINY_MODELS}:/tiny:ro"],
    )  # fmt: skip
    assert (ended.code, "model_altered: " in ended.log) == (1, True)
