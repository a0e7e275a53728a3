"""The commands, as somebody at a terminal meets them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from runpod_emulator.testing import EmulatedAccount
from tests.deploy.conftest import KEY, SPEC, Images, labels, sent, wanted
from tests.tools.project import commit, make
from tools.deploy.api import RunPod
from tools.deploy.cli import main
from tools.workspace.tree import git

HIDDEN = "value-that-somebody-set"


def test_the_plan_is_a_diff_and_changes_nothing(
    api: RunPod, images: Images, account: EmulatedAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    image = images.push()
    assert main(["vad", "plan", "--image", image], api) == 0
    printed = capsys.readouterr().out
    assert "+ vad is to be created" in printed
    assert f"\n  + image                   {image}\n" in printed
    made = api.create({**wanted(image), "env": {"TOKEN": HIDDEN}, "workers": {"max": 3}})
    assert main(["vad", "plan", "--image", images.push()], api) == 0
    printed = capsys.readouterr().out
    assert f"~ vad ({made['id']}) is to be changed" in printed
    assert "~ workers.max" in printed
    assert "3 -> 1" in printed
    assert "- env.TOKEN" in printed
    assert HIDDEN not in printed
    assert sent(account, "PATCH") == []


def test_apply_status_logs_rollback_destroy(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    first, second = (images.push(labels=labels(f"0.1.{n}"), commit=str(n) * 40) for n in (1, 2))
    for image in (first, second):
        assert main(["vad", "apply", "--image", image, "--smoke", "--timeout", "60"], api) == 0
    assert f"runs {second}, ready after" in capsys.readouterr().out
    summary = (tmp_path / "summary.md").read_text()
    assert f"| image | `{second}` |" in summary
    assert "| size | 0.0 MB compressed |" in summary, "it has no layers"
    assert "| the first job waited |" in summary

    assert main(["vad", "status"], api) == 0
    printed = capsys.readouterr().out
    assert "0.1.2" in printed
    assert "2" * 40 in printed
    assert main(["vad", "logs"], api) == 0
    assert "a worker that is good" in capsys.readouterr().out

    assert main(["vad", "rollback", "--timeout", "60"], api) == 0
    assert (api.find("vad") or {})["image"] == first
    capsys.readouterr()

    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["vad", "destroy"], api) == 1
    assert "give --yes" in capsys.readouterr().err
    assert main(["vad", "destroy", "--yes"], api) == 0
    assert api.find("vad") is None


def test_a_contract_that_breaks_callers_is_not_deployed(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {"type": "object", "properties": {"language": {"type": "string"}}}
    image = images.push(labels=labels("0.1.0", input=theirs))
    assert main(["vad", "apply", "--image", image, "--timeout", "60"], api) == 0
    assert main(["vad", "apply", "--image", images.push(), "--timeout", "60"], api) == 1
    assert "input.language is gone" in capsys.readouterr().err
    assert (api.find("vad") or {})["image"] == image


def test_a_push_that_was_overtaken_by_a_later_one_does_not_undo_it(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tools.deploy.cli.ROOT", tmp_path)
    commits = []
    for text in ("first", "second"):
        commit(make(tmp_path, {"README.md": text}))
        commits.append(git("rev-parse", "HEAD", at=tmp_path).strip())
    first, second = (images.push(commit=each) for each in commits)
    assert main(["vad", "apply", "--image", second, "--timeout", "60"], api) == 0
    git("checkout", "--quiet", commits[0], at=tmp_path)
    assert main(["vad", "apply", "--image", first, "--timeout", "60"], api) == 0
    assert "of a later commit" in capsys.readouterr().out
    assert (api.find("vad") or {})["image"] == second


def test_a_tag_is_no_image_to_deploy_but_what_it_stands_for_is(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vad", "plan", "--image", f"{images.name}:none"], api) == 1
    assert "push it first" in capsys.readouterr().err


def test_credentials_of_the_registry_are_put_into_the_account_once(
    api: RunPod, images: Images, account: EmulatedAccount, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(
        "tools.deploy.cli.EndpointSpec.of",
        lambda _: SPEC.model_copy(update={"registry_auth": "hub"}),
    )
    image = images.push()
    assert main(["vad", "apply", "--image", image, "--timeout", "60"], api) == 1
    assert "set REGISTRY_USER and REGISTRY_TOKEN" in capsys.readouterr().err
    # The registry of this machine asks for nobody's name, and is not told one.
    monkeypatch.setattr("tools.deploy.cli.by_digest", lambda name: name)
    monkeypatch.setenv("REGISTRY_USER", "me")
    monkeypatch.setenv("REGISTRY_TOKEN", "token-of-the-test")
    for _ in range(2):
        assert main(["vad", "apply", "--image", image, "--timeout", "60"], api) == 0
    (registry,) = api.registries()
    assert (api.find("vad") or {})["registry"] == registry["id"]
    printed = capsys.readouterr()
    assert "token-of-the-test" not in printed.out + printed.err


def test_the_key_is_in_no_output(
    account: EmulatedAccount, images: Images, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    monkeypatch.setenv("RUNPOD_REST_URL", account.url)
    assert main(["vad", "plan", "--image", images.push()]) == 0
    assert main(["vad", "status"]) == 1
    printed = capsys.readouterr()
    assert "vad is not deployed" in printed.err
    assert KEY not in printed.out + printed.err


def test_a_service_that_is_none_is_named(api: RunPod, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vat", "status"], api) == 1
    assert "there is no service vat: " in capsys.readouterr().err
