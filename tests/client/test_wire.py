"""What is lost on the way: questions are asked again, jobs are never sent twice."""

from __future__ import annotations

import socket

import pytest

from runpod_emulator.faults import Fault
from speech_endpoints import VAD, failures
from tests.client.conftest import Service
from tools.loopback import served
from tools.workspace import SAMPLE


def short(service: Service, patience_s: float = 5.0) -> VAD:
    return VAD(service.url, patience_s=patience_s)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": "before"}])
def test_a_question_is_asked_again(vad: Service, fault: dict[str, object]) -> None:
    broken = Fault("status", limit=2, **fault)  # type: ignore[arg-type]
    with served(SAMPLE) as url, vad.going_wrong(broken), short(vad) as endpoint:
        assert endpoint.run(url).segments


@pytest.mark.parametrize("route", ["run", "runsync"])
@pytest.mark.parametrize(
    "fault", [{"drop": "before"}, {"drop": "after"}, {"status": 502}, {"status": 204}]
)
def test_a_job_whose_answer_is_lost_is_not_sent_again(
    vad: Service, route: str, fault: dict[str, object]
) -> None:
    since, before = len(vad.events), len(vad.jobs())
    broken = Fault(route, limit=1, **fault)  # type: ignore[arg-type]
    with (
        served(SAMPLE) as url, vad.going_wrong(broken), short(vad) as endpoint,
        pytest.raises(failures.OutcomeUnknown),
    ):  # fmt: skip
        endpoint.run(url if route == "run" else SAMPLE)
    assert vad.routes(since) == [route]
    assert len(vad.jobs()) - before == (fault.get("drop") == "after")


def test_a_job_that_is_turned_away_is_sent_again(vad: Service) -> None:
    before = len(vad.jobs())
    with vad.going_wrong(Fault("runsync", status=429, limit=2)), short(vad) as endpoint:
        assert endpoint.run(SAMPLE).segments
    assert len(vad.jobs()) == before + 1


def test_patience_has_an_end(vad: Service) -> None:
    with (
        vad.going_wrong(Fault("runsync", status=429)), short(vad, 1.0) as endpoint,
        pytest.raises(failures.TooManyRequests),
    ):  # fmt: skip
        endpoint.run(SAMPLE)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v2/vad"
        with VAD(url, patience_s=0.1) as endpoint, pytest.raises(failures.Unreachable):
            endpoint.run(SAMPLE)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("runsync", status=401), failures.NotAuthorised),
        (Fault("runsync", status=404), failures.EndpointNotFound),
        (Fault("runsync", oversized=True), failures.Refused),
    ],
)
def test_a_refusal_says_what_it_is(
    vad: Service, fault: Fault, kind: type[failures.CallError]
) -> None:
    with vad.going_wrong(fault), short(vad) as endpoint, pytest.raises(kind):
        endpoint.run(SAMPLE)


def test_a_job_that_runpod_has_forgotten_is_gone(vad: Service) -> None:
    with (
        served(SAMPLE) as url, vad.going_wrong(Fault("status", status=404)),
        short(vad) as endpoint, pytest.raises(failures.JobGone) as caught,
    ):  # fmt: skip
        endpoint.run(url)
    assert caught.value.job_id == vad.jobs()[-1]["id"]


def test_a_job_that_was_lost_sight_of_is_found_by_its_id(vad: Service) -> None:
    with served(SAMPLE) as url, short(vad, 0.1) as endpoint:
        with vad.going_wrong(Fault("status", status=503)), pytest.raises(failures.Unreachable) as e:
            endpoint.run(url)
        assert e.value.job_id is not None
        assert endpoint.result_of(e.value.job_id).segments


def test_a_result_that_runpod_did_not_take_is_lost(vad: Service) -> None:
    with (
        vad.going_wrong(Fault("job-done", oversized=True, limit=1)), short(vad) as endpoint,
        pytest.raises(failures.ResultLost),
    ):  # fmt: skip
        endpoint.run(SAMPLE)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("decode_failed: not audio", "decode_failed: not audio"),
        ("job timed out after 1 retries", "job_failed: job timed out after 1 retries"),
        ("handler: boom\ntraceback: /app/secret.py", "job_failed: handler: boom"),
        (
            '{"error_type": "ValueError", "error_message": "boom", "hostname": "secret"}',
            "job_failed: ValueError: boom",
        ),
        ({"code": 7}, 'job_failed: {"code": 7}'),
        ("", "job_failed: no reason is given"),
    ],
)
def test_whatever_a_failed_job_says_is_an_error_with_a_code(error: object, told: str) -> None:
    assert str(failures.job_error(error, "job-1")) == told


def test_every_failure_is_drawn_in_the_tree() -> None:
    assert failures.__doc__ is not None
    for kind in failures.CallError.__subclasses__():
        assert (
            f"|-- {kind.__name__}" in failures.__doc__ or f"`-- {kind.__name__}" in failures.__doc__
        )
        assert kind.code in failures.__doc__
