"""What is decided before an engine is asked: names, arguments, which client to use."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError
from docker.models.images import Image

from services.vad.contract import VADRequest, VADResult
from shared.spec import ServiceSpec
from tools.images import build
from tools.images.base import NAME
from tools.images.engine import (
    EngineError,
    command_line,
    connect,
    explanation,
    find_image,
    has_builders,
)
from tools.images.inputs import INPUTS, Inputs
from tools.images.pin import digest_of
from tools.images.plan import CA_VARIABLES, Plan, default_base, plan
from tools.workspace import ROOT, service_names
from tools.workspace.targets import PROVISION


def name_of(plan: Plan, context: bytes = b"files", base: str = "sha256:1") -> str:
    return Inputs(plan, context, base).reference


def test_a_name_tells_service_version_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PREFIX", "example/speech")
    name = name_of(Plan("vad", "base", "tiny"))
    assert name.startswith("example/speech/vad-service:0.")
    assert name.endswith("-tiny")
    assert name_of(Plan("vad", "base")).count("-") == 2


def test_an_image_for_cpus_says_so_and_is_built_on_another_base_beside_torch() -> None:
    made = plan("vad", ["--accelerator", "cpu", "--models", "tiny", "--torch", "with-torch"])
    assert name_of(made).endswith("-cpu-tiny")
    command = made.command("name")
    slim = default_base("vad", "cpu")
    assert slim.startswith("python:3.")
    expected = {f"SLIM_IMAGE={slim}", "BASE_IMAGE=with-torch", "ACCELERATOR=cpu", "MODELS=tiny"}
    assert expected <= set(command)
    assert name_of(made) == name_of(plan("vad", ["--accelerator", "cpu", "--models", "tiny"]))


def test_an_image_for_cpus_has_its_models_in_it() -> None:
    with pytest.raises(EngineError, match="--models hub, or --accelerator gpu"):
        plan("vad", ["--accelerator", "cpu", "--models", "volume"])


def test_a_service_without_packages_for_it_has_no_image_for_cpus(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        plan("asr", ["--accelerator", "cpu"])
    assert "choose from" in capsys.readouterr().err


def test_the_image_that_fills_volumes_has_no_models_to_choose(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = plan(PROVISION, ["--base", "base"]).command("name")
    assert command[command.index("--file") + 1] == "provision/Dockerfile"
    assert not [part for part in command if part.startswith("MODELS=")]
    assert name_of(Plan(PROVISION, "base")).startswith("local/provision:")
    with pytest.raises(SystemExit):
        plan(PROVISION, ["--models", "tiny"])
    assert "--models" in capsys.readouterr().err


def test_the_same_inputs_have_the_same_name_and_any_other_changes_it() -> None:
    plan = Plan("vad", "base")
    assert name_of(plan) == name_of(Plan("vad", "another name of that base"))
    others = [
        name_of(plan, b"others"),
        name_of(plan, base="sha256:2"),
        name_of(Plan("vad", "base", "tiny")),
    ]
    assert len({name_of(plan), *others}) == 4


def test_a_base_is_identified_by_its_registrys_digest_whichever_engine_has_it() -> None:
    digest = "sha256:" + 64 * "1"
    pulled = {"Id": "sha256:2", "RepoDigests": [f"example/base@{digest}"]}
    assert digest_of(Image(pulled), "example/base:1") == digest
    assert digest_of(Image({"Id": "sha256:2", "RepoDigests": []}), "example/base") == "sha256:2"


def test_a_base_that_is_in_several_registries_is_identified_by_its_own_ones_digest() -> None:
    known = ["a.example/base@sha256:1", "example/base@sha256:2", "z.example/base@sha256:0"]
    image = Image({"Id": "sha256:3", "RepoDigests": known})
    assert digest_of(image, "example/base:1") == "sha256:2"
    assert digest_of(image, "docker.io/example/base") == "sha256:2"
    assert digest_of(image, "a.example/base:1") == "sha256:1"


def test_the_labels_say_what_the_inputs_say_and_nothing_else() -> None:
    labels = Inputs(Plan("vad", "base", "tiny"), b"files", "sha256:1").labels
    named = {name.removeprefix("org.opencontainers.image."): text for name, text in labels.items()}
    spec = ServiceSpec.read(ROOT / "services" / "vad" / "service.toml")
    assert (named["title"], named["description"]) == ("vad-service", spec.summary)
    assert (named["version"], named["base.digest"]) == (spec.version, "sha256:1")
    assert (named["licenses"], named["speech.models"]) == ("Apache-2.0", "tiny")
    for side, model in (("input", VADRequest), ("output", VADResult)):
        mode: Any = "validation" if side == "input" else "serialization"
        assert json.loads(named[f"speech.schema.{side}"]) == model.model_json_schema(mode=mode)
    assert not {"revision", "created", "source", "base.name"} & named.keys(), "no inputs"


def test_the_digest_of_the_inputs_is_in_the_labels_and_its_beginning_in_the_tag() -> None:
    inputs = Inputs(Plan("vad", "base"), b"files", "sha256:1")
    assert re.fullmatch("[0-9a-f]{64}", inputs.labels[INPUTS])
    assert inputs.tag.endswith(f"-{inputs.labels[INPUTS][:12]}")
    assert f"--label={INPUTS}={inputs.digest}" in inputs.plan.command("name", inputs.labels)


def test_a_mirror_changes_how_inputs_come_and_not_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan("vad", "base")
    before = name_of(plan)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "https://mirror.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example")
    command = plan.command(name_of(plan))
    assert name_of(plan) == before
    assert "MODELSCOPE_ENDPOINT" in command
    assert not [part for part in command if "secret" in part], "values stay out of the process list"


@pytest.mark.parametrize(
    ("variable", "value", "network"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:7890", "host"),
        ("MODELSCOPE_ENDPOINT", "http://localhost:8000", "host"),
        ("HTTPS_PROXY", "http://proxy.example:3128", "default"),
    ],
)
def test_a_proxy_on_this_machine_is_within_the_builds_reach(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, network: str
) -> None:
    monkeypatch.setenv(variable, value)
    command = plan("vad", []).command("name")
    assert command[command.index("--network") + 1] == network


def test_what_is_secret_goes_in_as_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "t0ken")
    command = Plan("vad", "base", ca=Path("/ca.pem")).command("name")
    assert "id=ca,src=/ca.pem" in command
    assert "id=modelscope_token,env=MODELSCOPE_API_TOKEN" in command
    assert not [part for part in command if "t0ken" in part]


def test_the_public_image_of_pytorch_is_the_base_unless_another_is_named() -> None:
    assert default_base("vad").startswith("pytorch/pytorch:2.")


def test_a_base_that_cannot_be_had_is_an_error_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "registry.invalid/nothing:here"
    monkeypatch.setattr("sys.argv", ["build", "vad", "--base", name])
    assert build.main() == 1
    error = capsys.readouterr().err
    assert "error: " in error
    assert "--base local/base" in error or "no container engine" in error
    assert "registry.invalid/v2/" in error or "no container engine" in error


def test_a_base_that_is_no_images_name_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["build", "vad", "--base", "https://registry.example/base"])
    assert build.main() == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(("prefix", "base"), [("ghcr.io/MyOrg", NAME), ("local", "Local/Base")])
def test_a_name_that_can_be_no_images_is_refused_before_anything_is_built(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, prefix: str, base: str
) -> None:
    try:
        if not find_image(connect(), NAME):
            pytest.skip("there is no base image: make it with `nox -s base`")
    except EngineError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("IMAGE_PREFIX", prefix)
    monkeypatch.setattr("sys.argv", ["build", "vad", "--base", base, "--models", "tiny"])
    assert build.main() == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "repository name must be lowercase" in line


def test_an_engines_words_are_one_line_without_a_password() -> None:
    error = APIError("failed", explanation='Get "https://me:secret@registry.example/v2/":\nrefused')
    assert explanation(error) == 'Get "https://registry.example/v2/": refused'


def test_a_bundle_is_named_from_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bundle.pem").touch()
    monkeypatch.setenv("INVOKED_FROM", str(tmp_path))
    assert plan("vad", ["--ca", "bundle.pem"]).ca == tmp_path / "bundle.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "bundle.pem")
    assert plan("vad", []).ca == tmp_path / "bundle.pem"


@pytest.mark.parametrize(("name", "options"), [("--ca", ["--ca", "no.pem"]), ("SSL_CERT_FILE", [])])
def test_a_bundle_that_is_not_there_is_told_by_what_named_it(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: list[str],
) -> None:
    for variable in CA_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", "none.pem")
    monkeypatch.setattr("sys.argv", ["build", "vad", *options])
    assert build.main() == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {name} names ")


def client(folder: Path, version: str, *, buildx: bool) -> str:
    """A ``docker`` that says which it is."""
    folder.mkdir()
    path = folder / "docker"
    code = 0 if buildx else 1
    path.write_text(f'#!/bin/sh\n[ "$1" = buildx ] && exit {code}\necho {version}\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("version", "buildx"), [("28.2.2", True), ("20.10.24", False)])
def test_the_first_client_that_has_buildkit_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, buildx: bool
) -> None:
    client(tmp_path / "a", "28.0.0", buildx=False)
    good = client(tmp_path / "b", version, buildx=buildx)
    folders = (tmp_path / "none", tmp_path / "a", tmp_path / "b")
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, folders), "/bin"]))
    assert command_line() == good


def test_without_such_a_client_the_plug_in_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(tmp_path / "a", "28.0.0", buildx=False)
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    with pytest.raises(EngineError, match="buildx"):
        command_line()


@pytest.mark.parametrize(
    ("version", "buildx", "loads"),
    [("28.2.2", True, True), ("20.10.24", True, False), ("20.10.24", False, False)],
)
def test_an_image_is_loaded_from_a_builder_that_would_keep_it(
    tmp_path: Path, version: str, *, buildx: bool, loads: bool
) -> None:
    assert has_builders(client(tmp_path / "a", version, buildx=buildx)) == loads
    assert ("--load" in Plan("vad", "base").command("name", load=loads)) == loads


@pytest.mark.parametrize("name", service_names())
def test_dockerfiles_differ_in_the_services_name_and_nothing_else(name: str) -> None:
    own, pattern = (
        (ROOT / "services" / service / "Dockerfile").read_text() for service in (name, "vad")
    )
    assert own == pattern.replace("vad", name)
