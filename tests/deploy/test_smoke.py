"""Real jobs decide whether an endpoint works; what is wrong with an answer is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runpod_emulator.testing import EmulatedAccount
from tests.deploy.conftest import KEY, Images, wanted
from tools.deploy import pending, smoke
from tools.deploy.api import RunPod
from tools.deploy.contract import compatible
from tools.deploy.contract.compatible import committed
from tools.deploy.contract.schema import Part
from tools.deploy.smoke import Trial, Trials
from tools.workspace import service_names

CONTRACT = {
    "type": "object",
    "properties": {"segments": {"type": "array"}, "text": {"type": "string"}},
    "required": ["segments"],
}
GOOD = {"segments": [1, 2], "text": "yes", "speech_s": 2.5}
ASKED = Trial(name="t", at_least={"segments": 2, "text": 1, "speech_s": 2})
REFUSED = Trial(name="t", error="invalid_input: pad_ms")
VERDICTS: list[tuple[Trial, dict[str, Any], str | None]] = [
    (ASKED, {"status": "COMPLETED", "output": GOOD}, None),
    (ASKED, {"status": "COMPLETED", "output": [{"part": 1}, GOOD]}, None),
    (ASKED, {"status": "COMPLETED", "output": {**GOOD, "segments": [1]}}, "segments is 1, less"),
    (ASKED, {"status": "COMPLETED", "output": {**GOOD, "text": ""}}, "text is 0, less than 1"),
    (ASKED, {"status": "COMPLETED", "output": {"segments": [1, 2], "text": "a"}}, "speech_s is"),
    (ASKED, {"status": "COMPLETED", "output": {"text": "a"}}, "as the contract says (required)"),
    (ASKED, {"status": "COMPLETED", "output": {**GOOD, "text": 1}}, "text is not as the contract"),
    (ASKED, {"status": "COMPLETED"}, "the output is not as the contract says (type)"),
    (ASKED, {"status": "FAILED", "error": "internal_error: x"}, "FAILED: internal_error: x"),
    (ASKED, {"status": "TIMED_OUT"}, "TIMED_OUT"),
    (REFUSED, {"status": "FAILED", "error": "invalid_input: pad_ms: less than 0"}, None),
    (REFUSED, {"status": "FAILED", "error": "internal_error: x"}, "not invalid_input: pad_ms: int"),
    (REFUSED, {"status": "COMPLETED", "output": GOOD}, "no error, but COMPLETED"),
]  # fmt: skip


@pytest.mark.parametrize(("trial", "job", "words"), VERDICTS)
def test_an_answer_is_judged(trial: Trial, job: dict[str, Any], words: str | None) -> None:
    found = trial.verdict(job, CONTRACT)
    assert found is None if words is None else words in str(found)


@pytest.mark.parametrize("name", service_names())
def test_what_a_service_is_tried_with_is_of_its_contract(name: str) -> None:
    trials = Trials.of(name).job
    assert any(trial.at_least for trial in trials)
    assert any(trial.error for trial in trials)
    known = {
        side: {
            field for way in Part.whole(committed(name, side)).variants() for field in way.fields()
        }
        for side in ("input", "output")
    }
    for trial in trials:
        assert trial.input.keys() <= known["input"]
        assert trial.at_least.keys() <= known["output"]


@pytest.fixture
def commands(account: EmulatedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands use the account."""
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    monkeypatch.setenv("RUNPOD_REST_URL", account.url)
    monkeypatch.setattr("sys.argv", ["command", "vad"])


@pytest.mark.usefixtures("commands")
def test_the_command_tries_what_is_deployed(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main() == 1
    assert "vad is not deployed" in capsys.readouterr().err
    endpoint = api.create(wanted(images.push()))
    assert smoke.main() == 0
    assert "ok  speech is found (" in capsys.readouterr().out
    api.update(endpoint["id"], {"workers": {"max": 0}})
    assert smoke.main() == 1
    assert "`apply` gives them back" in capsys.readouterr().err


@pytest.mark.usefixtures("commands")
def test_the_gate_has_a_command_of_its_own(
    api: RunPod, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compatible.main() == 0
    assert "nothing is deployed yet" in capsys.readouterr().out
    theirs = {"type": "object", "properties": {"language": {"type": "string"}}}
    told = {"speech.schema.input": json.dumps(theirs), "org.opencontainers.image.version": "0.1.0"}
    api.create(wanted(images.push(labels=told)))
    assert compatible.main() == 1
    assert "input.language is gone" in capsys.readouterr().err


@pytest.mark.usefixtures("commands")
def test_what_is_pending_is_a_matrix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pending", "--json", "--service", "vad"])
    assert pending.main() == 0
    assert json.loads(capsys.readouterr().out) == {
        "include": [{"service": "vad", "reason": "nothing is deployed", "image": ""}], "gone": [],
    }  # fmt: skip
    monkeypatch.setattr("sys.argv", ["pending", "--json", "--among", "vad, asr"])
    assert pending.main() == 0
    found = json.loads(capsys.readouterr().out)["include"]
    assert [each["service"] for each in found] == ["asr", "vad"]
    monkeypatch.setattr("sys.argv", ["pending", "--service", "vat"])
    assert pending.main() == 1
    assert "there is no service vat" in capsys.readouterr().err
