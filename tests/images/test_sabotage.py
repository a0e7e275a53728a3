"""A model that is not as it was built stops the start, with the code that says why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import EVERY_SERVICE
from tests.images.container import Ended, answer, spans
from tools.workspace import TINY_MODELS

WEIGHTS = "model.pt"


def flip_a_byte(model: Path) -> None:
    data = bytearray((model / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (model / WEIGHTS).write_bytes(data)


def truncate(model: Path) -> None:
    data = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(data[: len(data) // 2])


def remove_the_weights(model: Path) -> None:
    (model / WEIGHTS).unlink()


def remove_the_configuration(model: Path) -> None:
    (model / "configuration.json").unlink()


def remove_the_model(model: Path) -> None:
    shutil.rmtree(model)


def cut_the_lock(model: Path) -> None:
    (model / "models.lock").write_text('{"version": 1, "mod')


def hide_the_weights(model: Path) -> None:
    (model / WEIGHTS).chmod(0o600)


def hide_the_model(model: Path) -> None:
    model.chmod(0o700)


def start_with(engine: docker.DockerClient, image: Image, models: Path, **options: Any) -> Ended:
    """Start the image with another folder of models in place of its own."""
    mounted = {str(models): {"bind": "/models", "mode": "ro"}}
    return answer(engine, image, volumes=mounted, **options)


# That every service starts through the same checks is seen below.
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (flip_a_byte, "model_altered"),
        (truncate, "model_altered"),
        (remove_the_weights, "model_missing"),
        (remove_the_configuration, "model_missing"),
        (remove_the_model, "model_missing"),
        (cut_the_lock, "model_altered"),
        (hide_the_weights, "model_missing"),
        (hide_the_model, "model_missing"),
    ],
)
def test_a_damaged_model_stops_the_start(
    engine: docker.DockerClient,
    image: Image,
    tmp_path: Path,
    damage: Callable[[Path], None],
    code: str,
) -> None:
    models = tmp_path / "models"
    shutil.copytree(TINY_MODELS / "iic", models / "iic")
    damage(next(models.glob("iic/speech_fsmn_vad*")))
    ended = start_with(engine, image, models)
    assert ended.code == 1
    assert f"{code}: iic/speech_fsmn_vad" in ended.log or f"{code}: models.lock" in ended.log
    assert "Traceback" not in ended.log


@EVERY_SERVICE
def test_the_same_model_undamaged_starts(
    engine: docker.DockerClient, image: Image, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(TINY_MODELS / "iic", models / "iic")
    assert spans(start_with(engine, image, models).output)


@EVERY_SERVICE
def test_a_byte_flipped_in_the_image_itself_is_found(
    engine: docker.DockerClient, image: Image
) -> None:
    flip = (
        "import pathlib; p = next(pathlib.Path('/models').rglob('model.pt')); "
        "d = bytearray(p.read_bytes()); d[1000] ^= 1; p.write_bytes(d)"
    )
    container = engine.containers.run(image, ["python3", "-c", flip], user="0", detach=True)
    container.wait()
    altered = container.commit()
    container.remove()
    try:
        # `commit` keeps the command of the container.
        altered.attrs["Config"]["Cmd"] = image.attrs["Config"]["Cmd"]
        ended = answer(engine, altered)
    finally:
        engine.images.remove(str(altered.id))
    assert ended.code == 1
    assert "model_altered: " in ended.log
