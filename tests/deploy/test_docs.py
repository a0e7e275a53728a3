"""The page on deployment names every setting, command and secret there is."""

from __future__ import annotations

import re

import yaml

from tools.deploy.cli import COMMANDS
from tools.endpoints import EndpointSpec
from tools.workspace import ROOT

PAGE = (ROOT / "docs" / "7-deploy.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")


def named(text: str) -> set[str]:
    return set(re.findall(r"`([\w-]+)", text))


def test_every_setting_of_an_endpoint_is_there() -> None:
    assert EndpointSpec.model_fields.keys() <= named(PAGE)


def test_every_command_is_there() -> None:
    assert COMMANDS.keys() <= named(PAGE)


def test_every_secret_and_variable_of_the_workflow_is_there() -> None:
    used = set(re.findall(r"(?:secrets|vars)\.(\w+)", WORKFLOW))
    assert len(used) == 6
    assert used <= named(PAGE)


def test_the_check_to_require_is_a_job() -> None:
    assert "status" in yaml.safe_load(WORKFLOW)["jobs"]
