"""Brings an image from its registry into the engine."""

from __future__ import annotations

import sys

import docker
from docker.errors import APIError
from docker.models.images import Image

from tools.images.engine import explanation, find_image
from tools.images.registry.errors import of_engine
from tools.images.registry.repository import Repository


def fetch(client: docker.DockerClient, name: str) -> Image:
    """The image of that name and digest, pulled if the engine has it not.

    Raises:
        EngineError: it can be no image's name, or its registry refuses or has it not.
    """
    if image := find_image(client, name):
        return image
    repository = Repository(name.partition("@")[0])
    print(f"pulling {name}", file=sys.stderr, flush=True)
    try:
        return client.images.pull(
            name, platform="linux/amd64", auth_config=repository.login.for_engine() or None
        )
    except APIError as error:
        raise of_engine(repository.name, explanation(error)) from None
