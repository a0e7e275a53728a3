"""A bundle's job is a service's own with ``task`` added, and so are its faults and its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.asr.handler import SERVICE as ASR
from services.bundle.contract import BundleRequest
from services.bundle.handler import SERVICE
from services.diarization.handler import SERVICE as DIARIZATION
from services.vad.handler import SERVICE as VAD
from shared.contract import AudioRequest
from shared.errors import InvalidInput
from shared.models.lock import Lock
from shared.spec import ServiceSpec
from shared.worker.request import choose, parse
from shared.worker.service import Service
from tools.schema import documents
from tools.workspace import ROOT

SINGLE: dict[str, Service[Any]] = {"vad": VAD, "diarization": DIARIZATION, "asr": ASR}
CONTRACTS = {contract.task: contract for contract in SERVICE.contracts}


def request(job_input: object) -> BundleRequest:
    return parse(choose(SERVICE.contracts, job_input).request, job_input, 5)


@pytest.mark.parametrize("task", SINGLE)
def test_a_job_is_the_services_own_and_its_task(task: str) -> None:
    (own,) = SINGLE[task].contracts
    ours = CONTRACTS[task]
    assert ours.result is own.result
    fields = dict(ours.request.model_fields)
    del fields["task"]
    assert {name: repr(field) for name, field in fields.items()} == {
        name: repr(field) for name, field in own.request.model_fields.items()
    }
    assert isinstance(request({"task": task, "audio": "-"}), own.request)


def test_transcribe_has_the_options_of_both() -> None:
    ours = set(CONTRACTS["transcribe"].request.model_fields) - set(AudioRequest.model_fields)
    both = {
        name for task in ("asr", "diarization") for name in CONTRACTS[task].request.model_fields
    }
    assert ours <= both
    assert {"num_speakers", "known_speakers", "language", "use_itn", "timestamps"} < ours


@pytest.mark.parametrize("task", [{}, {"task": "tts"}, {"task": None}, {"task": ["asr"]}])
def test_without_a_task_that_there_is_all_of_them_are_named(task: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        request({"audio": "-", **task})
    assert refused.value.message == "task: give vad, diarization, asr or transcribe"


@pytest.mark.parametrize("job_input", [None, [], "asr", 7])
def test_what_is_no_object_is_refused(job_input: object) -> None:
    with pytest.raises(InvalidInput, match="input must be a JSON object"):
        request(job_input)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"task": "vad", "language": "zh"}, "unknown field language"),
        ({"task": "asr", "language": "tlh"}, "language: "),
        ({"task": "asr", "num_speakers": 2}, "unknown field num_speakers"),
        ({"task": "diarization", "num_speakers": 0}, "num_speakers: "),
        ({"task": "diarization", "stream": True}, "unknown field stream"),
        ({"task": "transcribe", "stream": True}, "unknown field stream"),
        ({"task": "transcribe", "vad": False}, "unknown field vad"),
        ({"task": "transcribe", "format": "rttm"}, "format: "),
        ({"task": "transcribe", "num_speakers": 2, "max_speakers": 3}, "give num_speakers, or"),
        ({"task": "transcribe", "audios": ["x", "y"]}, "give exactly one of"),
        ({"task": "transcribe", "known_speakers": [{"name": "A"}]}, "known_speakers.0: give exact"),
    ],
)
def test_a_fault_is_named_as_the_service_names_it(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        request({"audio": "-", **fields})
    assert refused.value.message.startswith(message)


def test_the_schema_has_one_branch_for_each_task() -> None:
    schema = next(text for path, text in documents("bundle").items() if path.match("input.*"))
    parsed = json.loads(schema)
    mapping = parsed["discriminator"]["mapping"]
    assert parsed["discriminator"]["propertyName"] == "task"
    assert mapping.keys() == CONTRACTS.keys()
    assert {branch["$ref"] for branch in parsed["oneOf"]} == set(mapping.values())
    for reference in mapping.values():
        branch = parsed["$defs"][reference.rpartition("/")[2]]
        assert "task" in branch["required"]
        assert branch["additionalProperties"] is False


@pytest.mark.parametrize("name", SINGLE)
def test_the_models_are_those_of_the_services(name: str) -> None:
    ours = {model.role: model for model in SERVICE.spec.models}
    assert {model.role: model for model in SINGLE[name].spec.models}.items() <= ours.items()
    locks = [Lock.read(ROOT / "services" / folder / "models.lock") for folder in ("bundle", name)]
    assert set(locks[1].models) <= set(locks[0].models)
    assert SINGLE[name].spec.limits == SERVICE.spec.limits


def test_each_recogniser_that_asr_can_be_made_with_is_there(tmp_path: Path) -> None:
    found = []
    for name in ("asr", "bundle"):
        text = (ROOT / "services" / name / "service.toml").read_text("utf-8")
        path = tmp_path / f"{name}.toml"
        path.write_text(text.replace('variant = "sensevoice"', 'variant = "paraformer"'), "utf-8")
        spec = ServiceSpec.read(path)
        found.append([spec.model(role) for role in ("vad", "asr", "punctuation")])
    assert found[0] == found[1]
