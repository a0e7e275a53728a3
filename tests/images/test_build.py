"""The image's build: what it fetches, what stops it, what it leaves behind."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from runpod_emulator.containers import this_machine
from tests.data import real_data
from tests.hub import Faults, Hub
from tests.images.container import answer, run
from tools.images.engine import command_line
from tools.images.plan import trusted_ca
from tools.images.stage import inputs
from tools.workspace import ROOT, TINY_MODELS

MODEL = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"
SERVICE = Path("services/vad")


@dataclass
class Checkout:
    """A copy of the image's inputs, and of nothing else, that may be changed."""

    root: Path
    base: Image
    hub: Hub

    def lock(self) -> None:
        """Take what the hub has for right: ``nox -s models-vad -- --lock``."""
        subprocess.run(
            [sys.executable, "-m", "services.vad.download_models", "--to", "models", "--lock"],
            cwd=self.root,
            # Whatever runs the tests may have said that files are named from somewhere else.
            env={
                **os.environ, "INVOKED_FROM": str(self.root), "MODELSCOPE_ENDPOINT": self.hub.url,
            },
            check=True, capture_output=True,
        )  # fmt: skip

    def build(self, *options: str, models: str = "hub") -> subprocess.Popen[str]:
        """A plain ``docker build`` that has begun."""
        arguments = (
            f"BASE_IMAGE={self.base.tags[0]}", f"MODELS={models}",
            f"MODELSCOPE_ENDPOINT={self.hub.url}",
        )  # fmt: skip
        ca = trusted_ca()
        return subprocess.Popen(
            [
                command_line(), "build", "--file", "services/vad/Dockerfile", "--progress", "plain",
                *(option for argument in arguments for option in ("--build-arg", argument)),
                *(["--secret", f"id=ca,src={ca}"] if ca else []), *options, ".",
            ],
            cwd=self.root, env={**os.environ, "DOCKER_BUILDKIT": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def build_image(self, engine: docker.DockerClient, models: str = "hub") -> Image:
        """Build the whole image."""
        tag = f"local/speech-tests:{uuid.uuid4().hex[:12]}"
        log, _ = self.build("--tag", tag, models=models).communicate(timeout=280)
        print(log)
        return engine.images.get(tag)

    def fetch(self) -> str:
        """Run the build up to the download; returns its log, which ends in the reason it failed."""
        log, _ = self.build("--target", "models-hub").communicate(timeout=280)
        return log


@pytest.fixture
def checkout(engine: docker.DockerClient, base: Image, tmp_path: Path) -> Iterator[Checkout]:
    """The inputs, with a hub that has the tiny weights under a revision of their own."""
    root = tmp_path / "checkout"
    for path in [*inputs("vad"), f"{SERVICE}/Dockerfile.dockerignore"]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path)
    # A revision that no build before knew, since downloads are kept between builds.
    revision = uuid.uuid4().hex
    spec = root / SERVICE / "service.toml"
    spec.write_text(spec.read_text().replace("v2.0.4", revision))
    shutil.copytree(TINY_MODELS / "iic", tmp_path / "hub" / "iic")
    address = this_machine(engine.networks.get("bridge"))
    with Hub(tmp_path / "hub", (revision,), address) as hub:
        yield Checkout(root, base, hub)
    for image in engine.images.list("local/speech-tests"):
        engine.images.remove(image.tags[0], force=True)


def test_a_plain_docker_build_takes_its_model_from_the_hub(
    engine: docker.DockerClient, checkout: Checkout
) -> None:
    checkout.lock()
    image = checkout.build_image(engine)
    output = answer(engine, image).output
    assert output["model"]["revision"] == checkout.hub.revisions[0]
    assert output["model"]["verified"]
    assert output["segments"]


def test_the_documented_segments_come_out_of_an_image_with_the_real_model(
    engine: docker.DockerClient, checkout: Checkout, tmp_path: Path
) -> None:
    audio = real_data("audio", "zh_vad_example.wav")
    golden = json.loads(real_data("audio", "zh_vad_example.segments.json").read_text())["segments"]
    checkout.hub.root = real_data("models")
    checkout.lock()
    image = checkout.build_image(engine)
    job = tmp_path / "job.json"
    encoded = base64.b64encode(audio.read_bytes()).decode()
    job.write_text(json.dumps({"input": {"audio_base64": encoded}}))
    mounted = {str(job): {"bind": "/app/test_input.json", "mode": "ro"}}
    segments = run(engine, image, volumes=mounted).output["segments"]
    assert [[round(s["start"] * 1000), round(s["end"] * 1000)] for s in segments] == golden


def test_a_file_that_is_not_the_locked_one_stops_the_build(checkout: Checkout) -> None:
    checkout.lock()
    checkout.hub.faults["model.pt"] = Faults(flip=1000)
    assert "model.pt is not the file models.lock names" in checkout.fetch()


def test_a_revision_the_hub_does_not_have_stops_the_build(checkout: Checkout) -> None:
    checkout.lock()
    checkout.hub.revisions = ("another",)
    assert f"the hub has no {MODEL}" in checkout.fetch()


def test_a_hub_that_lies_about_a_size_stops_the_build(checkout: Checkout) -> None:
    checkout.lock()
    checkout.hub.faults["model.pt"] = Faults(announced=10**9)
    assert "error: " in checkout.fetch()


def test_a_build_killed_in_the_middle_of_a_download_is_continued_by_the_next(
    checkout: Checkout,
) -> None:
    checkout.lock()
    size = (checkout.hub.root / MODEL / "model.pt").stat().st_size
    checkout.hub.sent.clear()
    checkout.hub.faults["model.pt"] = Faults(pause_s=0.05)
    first = checkout.build("--target", "models-hub")
    while checkout.hub.sent["model.pt"] < size / 3:
        assert first.poll() is None, first.communicate()[0]
        time.sleep(0.05)
    first.kill()
    first.communicate()
    checkout.hub.faults.clear()
    second = checkout.build("--target", "models-hub")
    log, _ = second.communicate(timeout=280)
    assert second.returncode == 0, log
    assert checkout.hub.sent["model.pt"] < 1.5 * size


def test_an_image_without_models_takes_those_on_a_volume_that_its_lock_names(
    engine: docker.DockerClient, checkout: Checkout
) -> None:
    checkout.lock()
    image = checkout.build_image(engine, models="volume")
    volume = {str(TINY_MODELS): {"bind": "/runpod-volume/models", "mode": "ro"}}
    output = answer(engine, image, volumes=volume).output
    assert output["segments"]
    assert output["model"]["revision"] == checkout.hub.revisions[0]
    assert output["model"]["verified"]


@pytest.mark.parametrize("umask", [0o077, 0o002])
def test_the_umask_of_whoever_cloned_the_repository_is_not_in_the_image(
    engine: docker.DockerClient, checkout: Checkout, umask: int
) -> None:
    for path in checkout.root.rglob("*"):
        if path.suffix not in {".txt", ".sh"}:  # of layers that are cached, and end in no image
            path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
    image = checkout.build_image(engine, models="tiny")
    assert answer(engine, image).output["segments"]
    search = "find /app ! -type l '(' -perm /022 -o ! -perm -044 ')' | grep ."
    assert run(engine, image, command=["sh", "-c", search], user="0").code == 1


def test_code_that_the_images_user_cannot_import_stops_the_build_without_a_model(
    checkout: Checkout,
) -> None:
    (checkout.root / SERVICE / "handler.py").write_text("import nothing_of_that_name\n")
    log, _ = checkout.build("--target", "checked", models="volume").communicate(timeout=280)
    assert "No module named 'nothing_of_that_name'" in log


def test_a_password_in_a_mirrors_address_is_not_in_the_log(checkout: Checkout) -> None:
    mirror = f"http://me:{uuid.uuid4().hex}@{checkout.hub.address}:{checkout.hub.port}"
    build = checkout.build("--target", "build", "--build-arg", f"APT_MIRROR={mirror}")
    log, _ = build.communicate(timeout=280)
    assert build.returncode == 0, log
    assert "install-tini.sh" in log
    assert mirror.partition("@")[0] not in log


def test_a_token_for_the_hub_leaves_no_trace(
    engine: docker.DockerClient, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "sentinel-of-the-tests")
    checkout.lock()
    tag = f"local/speech-tests:{uuid.uuid4().hex[:12]}"
    token = ("--secret", "id=modelscope_token,env=MODELSCOPE_API_TOKEN")
    build = checkout.build(*token, "--tag", tag)
    log, _ = build.communicate(timeout=280)
    assert build.returncode == 0, log
    image = engine.images.get(tag)
    assert "sentinel" not in log + json.dumps(image.attrs) + json.dumps(image.history())
    search = "! grep -r sentinel-of-the-tests /app /models /opt/venv /tmp /etc /root /usr/bin"
    assert run(engine, image, command=["sh", "-c", search], user="0").code == 0
