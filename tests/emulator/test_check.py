"""The conformance check: good workers pass, and each way to be broken fails its rule."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from runpod_emulator.check.jobs import Jobs, read_input
from runpod_emulator.check.report import as_json
from runpod_emulator.check.rules import RULES
from runpod_emulator.check.run import check
from runpod_emulator.check.verdict import Outcome, Verdict
from runpod_emulator.processes import Processes
from tests.shared.scripted_server import Server, reply
from tools.workspace import EMULATOR, ROOT, SAMPLE

BROKEN = Path(__file__).with_name("broken.py")
GOOD = {"text": "the quick brown fox jumps over the lazy dog"}
JOBS = Jobs(
    GOOD, slow={**GOOD, "seconds": 4}, large={**GOOD, "large": True},
    start_timeout_s=30, job_timeout_s=15, stop_timeout_s=4,
)  # fmt: skip
FAST = Jobs(GOOD, job_timeout_s=15)
SIDE_BY_SIDE = 3  # most of a check is waiting

# Those that take a second or two together, once a worker is there.
QUICK = (
    "starts", "first-process", "answers", "generators", "string-errors", "private-errors",
    "private-log", "result-size", "progress-order",
)  # fmt: skip
ALL = tuple(rule.id for rule in RULES)


@dataclass(frozen=True)
class Case:
    """A worker, what is looked at, and what is to be found.

    Attributes:
        ways: what `broken.py` is to be.
        fails: the one rule that fails; none if it is empty.
        because: a part of the reason.
    """

    ways: str
    fails: str = ""
    because: str = ""
    only: tuple[str, ...] = QUICK
    jobs: Jobs = FAST

    @property
    def workers(self) -> Processes:
        """Starts the worker."""
        command = [sys.executable, str(BROKEN), *self.ways.split()]
        if self.ways.startswith("shell"):
            command = ["sh", "-c", f"{sys.executable} {BROKEN} good; true"]
        if self.ways == "vad":
            command = [sys.executable, "-m", "services.vad.handler"]
        local = {"SPEECH_ALLOW_HTTP": "1", "SPEECH_ALLOW_PRIVATE": "1"}
        return Processes(command, ROOT, {"MODELS_DIR": "models/tiny", **local})

    @property
    def name(self) -> str:
        return f"{self.ways} {self.fails}".strip()

    def run(self, folder: Path, audio: str) -> dict[str, Verdict]:
        """Check it, with a URL of audio for a worker that has to do with audio."""
        jobs = replace(self.jobs, slow={"audio_url": audio}) if self.ways == "vad" else self.jobs
        verdicts = asyncio.run(check(self.workers, folder, jobs, self.only))
        return {verdict.rule: verdict for verdict in verdicts}


VAD = Case("vad", only=ALL, jobs=Jobs(read_input(ROOT / "services/vad/test_input.json")))
WELL_BEHAVED = (
    Case("good", only=ALL, jobs=JOBS),
    VAD,
    Case("pieces"),
    Case("reports_in_time"),
)
BREAKING = (
    Case("crashes", "starts", "ended with code 1; the last it wrote: no model in /models"),
    Case("shell", "first-process", "start Python with `exec`"),
    Case("gives_a_set", "answers", "set is not JSON serializable"),
    Case("gives_nan", "answers", "it holds NaN"),
    Case("wrapped_pieces", "answers", "must be a generator function itself"),
    Case("exits", "answers", "ended with code 3 and the job was lost"),
    Case("hangs", "answers", "no result was posted within 2 s", jobs=Jobs(GOOD, job_timeout_s=2)),
    Case("pieces not_gathered", "generators", "return_aggregate_stream"),
    Case("errs_in_objects", "string-errors", "the error is an object"),
    Case("exits_when_odd", "string-errors", "an unknown field: the process ended with code 7"),
    Case("raises", "private-errors", "sends its traceback to the caller"),
    Case("good debug", "private-log", "RUNPOD_LOG_LEVEL=INFO"),
    Case("logs", "private-log", "a string of a job's input: 'the quick br'"),
    Case("gives_too_much", "result-size", "to job-done", jobs=Jobs({**GOOD, "large": True})),
    Case("reports_late", "progress-order", "progress came after the result"),
    Case("unguarded", "main-guard", '`if __name__ == "__main__":`', ("starts", "main-guard")),
    Case("blocks", "responsive", "blocks the event loop", ("answers", "responsive"), JOBS),
    Case("cannot_be_cancelled", "cancel", "posted a result", ("responsive", "cancel"), JOBS),
    Case(
        "gives_up_on_refusals", "network-faults", "on job-take the process ended with code 9",
        ("answers", "network-faults"),
    ),
    Case("gives_too_much", "large-result", "over 10 MB", ("answers", "large-result"), JOBS),
    Case("ignores_signals", "stops-idle", "it is still there", ("starts", "stops-idle"), JOBS),
    Case("throws_its_job_away", "stops-busy", "was lost", ("stops-idle", "stops-busy"), JOBS),
    Case(
        "ignores_signals_at_first", "stops-starting", "something ignores SIGTERM",
        ("starts", "stops-starting"), JOBS,
    ),
)  # fmt: skip
CASES = (*WELL_BEHAVED, *BREAKING)

Checks = dict[str, Future[dict[str, Verdict]]]


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checks]:
    """All checks, some at a time."""
    with slow_audio() as audio, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {
            case.name: pool.submit(case.run, tmp_path_factory.mktemp("logs"), audio)
            for case in CASES
        }
        pool.shutdown(cancel_futures=True)


@contextmanager
def slow_audio() -> Iterator[str]:
    """A URL whose second half is long in coming."""
    audio = reply(body=SAMPLE.read_bytes())

    def in_halves(connection: socket.socket) -> None:
        connection.sendall(audio[: len(audio) // 2])
        time.sleep(4)
        connection.sendall(audio[len(audio) // 2 :])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener)
        threading.Thread(target=server.run, daemon=True).start()
        yield server.url(in_halves, host="127.0.0.1")


def failed(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {v.rule: v.reason for v in verdicts.values() if v.outcome is Outcome.FAIL}


def passed(verdicts: dict[str, Verdict]) -> set[str]:
    return {v.rule for v in verdicts.values() if v.outcome is Outcome.PASS}


@pytest.mark.parametrize("case", WELL_BEHAVED, ids=lambda case: case.name)
def test_a_good_worker_fails_no_rule(checks: Checks, case: Case) -> None:
    assert failed(checks[case.name].result()) == {}


@pytest.mark.parametrize("case", BREAKING, ids=lambda case: case.name)
def test_a_broken_worker_fails_its_rule_and_no_other(checks: Checks, case: Case) -> None:
    reasons = failed(checks[case.name].result())
    assert set(reasons) == {case.fails}
    assert case.because in reasons[case.fails]


def test_every_rule_has_a_worker_that_fails_it_and_one_that_passes_it(checks: Checks) -> None:
    assert {case.fails for case in BREAKING} == set(ALL)
    assert set().union(*(passed(checks[c.name].result()) for c in WELL_BEHAVED)) == set(ALL)


def test_our_service_passes_all_it_can(checks: Checks) -> None:
    # It has one result for a job, no progress, and none over the limit.
    not_seen = {"generators", "progress-order", "large-result"}
    assert passed(checks["vad"].result()) == set(ALL) - not_seen


def test_what_cannot_be_seen_does_not_pass(checks: Checks) -> None:
    seen = checks["vad"].result()
    for rule in ("generators", "large-result", "progress-order"):
        assert seen[rule].outcome is Outcome.NOT_SEEN
        assert seen[rule].reason
    after_a_crash = checks["crashes starts"].result()
    assert passed(after_a_crash) == set()
    assert after_a_crash["answers"].reason == "it did not start"


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runpod_emulator", "check", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(EMULATOR), "PATH": "/usr/bin:/bin", "COLUMNS": "100"},
    )  # fmt: skip


def test_the_command_prints_json_alone_and_its_exit_code_tells_of_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_input.json").write_text(json.dumps({"input": GOOD}))
    done = command("--json", "--", sys.executable, str(BROKEN), "crashes", folder=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["passed"]) == (1, False)
    assert [rule["rule"] for rule in told["rules"]] == list(ALL)
    assert told["rules"][0]["verdict"] == "fail"
    assert "no model in /models" in told["rules"][0]["reason"]


def test_the_command_shows_a_table_with_the_reasons(tmp_path: Path) -> None:
    done = command("--", sys.executable, str(BROKEN), "crashes", folder=tmp_path)
    assert "asks for jobs in time" in done.stdout
    assert "no model in /models" in done.stdout
    assert "1 failed, " in done.stdout


def test_the_workers_logs_are_kept_if_asked(tmp_path: Path) -> None:
    command("--logs", "logs", "--", sys.executable, str(BROKEN), "crashes", folder=tmp_path)
    assert "no model in /models" in (tmp_path / "logs" / "0.log").read_text()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"input": {}}', '{"input": "text"}'])
def test_a_file_that_is_no_job_is_refused_in_a_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "job.json").write_text(content)
    done = command("--input", "job.json", "--", "true", folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_program_or_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = command("--", "no-such-program", folder=tmp_path)
    assert done.returncode == 2
    assert "no-such-program" in done.stderr


def test_a_passing_check_reads_as_such() -> None:
    told = json.loads(as_json([Verdict("starts", "asks", Outcome.PASS)]))
    assert told["passed"]
    assert told["rules"] == [{"rule": "starts", "says": "asks", "verdict": "pass", "reason": ""}]
