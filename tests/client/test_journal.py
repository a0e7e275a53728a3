"""A run that is killed goes on where it was: nothing is lost, and nothing is paid for twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from runpod_emulator.faults import Fault
from speech_endpoints.cli.journal import NAME
from tests.client.conftest import CORPUS, Service
from tests.client.test_command import speech
from tools.loopback import served
from tools.workspace import CLIENT, SAMPLE


def jobs_of_each(service: Service, since: int) -> Counter[str]:
    """How many jobs each recording became."""
    return Counter(job["input"]["audio_base64"] for job in service.jobs()[since:])


def rows(out: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(out / NAME)) as journal:
        return journal.execute(statement).fetchall()


def kill_in_the_middle(service: Service, words: list[str], after: int) -> None:
    """Start a run and kill it when so many more jobs have been sent to a service."""
    before = len(service.jobs())
    process = subprocess.Popen(
        [sys.executable, "-m", "speech_endpoints", *words],
        env={"PYTHONPATH": str(CLIENT), "PATH": ""}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and len(service.jobs()) < before + after:
        time.sleep(0.01)
    time.sleep(after % 3 / 20)  # anywhere between one step and the next
    process.kill()
    process.wait()


@pytest.mark.parametrize("task", ["vad", "transcribe"])
def test_a_killed_run_goes_on_until_each_file_has_one_result(
    task: str, request: pytest.FixtureRequest, corpus: Path, tmp_path: Path
) -> None:
    service: Service = request.getfixturevalue({"transcribe": "bundle"}.get(task, task))
    out, since = tmp_path / "out", len(service.jobs())
    words = [task, str(corpus), "-e", service.url, "-o", str(out)]
    faults = (
        Fault("status", status=503, chance=0.1),
        Fault("status", drop="after", chance=0.05),
        Fault("run", status=429, chance=0.1),
        Fault("run", drop="before", chance=0.03),
        Fault("run", drop="after", chance=0.03),
    )
    with service.going_wrong(*faults):
        for after in (CORPUS // 6, CORPUS // 4):
            kill_in_the_middle(service, words, after)
        speech(*words)
    jobs = jobs_of_each(service, since)
    assert max(jobs.values()) == 1, "no job was sent twice without being asked to"

    told = speech(*words)
    unknown = rows(out, "SELECT source FROM recording WHERE state = 'unknown'")
    assert told.returncode == int(bool(unknown))
    assert told.stderr.count("outcome_unknown: ") == len(unknown)
    assert len(list(out.glob("*.json"))) == CORPUS - len(unknown)

    last = speech(*words, "--resend-unknown")
    assert last.returncode == 0, last.stderr
    assert len(list(out.glob("*.json"))) == CORPUS
    assert rows(out, "SELECT count(*) FROM recording WHERE state = 'done'") == [(CORPUS,)]
    ended = rows(out, "SELECT count(*) FROM job WHERE state = 'ended' GROUP BY recording")
    assert set(ended) == {(1,)}
    again = jobs_of_each(service, since)
    assert again.total() <= CORPUS + len(unknown)
    ids = {job["id"] for job in service.jobs()[since:]}
    assert {row[0] for row in rows(out, "SELECT id FROM job WHERE id IS NOT NULL")} <= ids


def test_a_killed_run_of_two_endpoints_sends_each_file_to_each_of_them_once(
    diarization: Service, asr: Service, corpus: Path, tmp_path: Path
) -> None:
    both, out = (diarization, asr), tmp_path / "out"
    since = [len(service.jobs()) for service in both]
    where = ["--diarization-endpoint", diarization.url, "--asr-endpoint", asr.url]
    words = ["transcribe", str(corpus), *where, "-o", str(out), "-f", "md"]
    with asr.going_wrong(Fault("status", status=503, chance=0.1)):
        kill_in_the_middle(asr, words, CORPUS // 6)
        speech(*words)
    for service, before in zip(both, since, strict=True):
        assert max(jobs_of_each(service, before).values()) == 1
    assert speech(*words, "--resend-unknown").returncode == 0
    assert len(list(out.glob("*.md"))) == CORPUS
    ended = rows(out, "SELECT part, count(*) FROM job WHERE state = 'ended' GROUP BY part")
    assert ended == [(0, CORPUS), (1, CORPUS)]


def test_ctrl_c_cancels_what_runs_and_the_next_run_sends_it_again(
    asr: Service, half_an_hour: str, tmp_path: Path
) -> None:
    before = len(asr.jobs())
    words = ["speech", "asr", half_an_hour, "-e", asr.url, "-o", str(tmp_path)]
    code = f"""
import signal, sys
from speech_endpoints.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored where tests are run
sys.argv = {words!r}
main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(CLIENT)}, stderr=subprocess.PIPE
    )
    while process.poll() is None and len(asr.jobs()) == before:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, b"were cancelled" in said) == (130, True)
    assert asr.result(asr.jobs()[before]["id"])["status"] == "CANCELLED"
    assert rows(tmp_path, "SELECT state FROM job") == [("cancelled",)]


def test_what_is_done_is_written_anew_from_the_journal(vad: Service, tmp_path: Path) -> None:
    assert speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path).returncode == 0
    before = len(vad.jobs())
    (tmp_path / "conversation.json").unlink()
    for form in ("json", "rttm"):
        assert speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path, "-f", form).returncode == 0
    assert len(vad.jobs()) == before
    assert json.loads((tmp_path / "conversation.json").read_text())["segments"]
    assert (tmp_path / "conversation.rttm").read_text().startswith("SPEAKER conversation 1 ")


def test_a_file_that_changed_or_other_options_are_another_recording(
    vad: Service, tmp_path: Path
) -> None:
    file, out = tmp_path / "a.flac", tmp_path / "out"
    file.write_bytes(SAMPLE.read_bytes())
    before = len(vad.jobs())
    speech("vad", file, "-e", vad.url, "-o", out)
    speech("vad", file, "-e", vad.url, "-o", out, "--pad-ms", "100")
    file.write_bytes(SAMPLE.read_bytes() + b"\0")
    speech("vad", file, "-e", vad.url, "-o", out)
    assert len(vad.jobs()) == before + 3


def test_what_failed_is_sent_once_more_only_if_that_is_wanted(vad: Service, tmp_path: Path) -> None:
    file, out = tmp_path / "a.wav", tmp_path / "out"
    file.write_bytes(b"no audio")
    before = len(vad.jobs())
    for more, sent in ((), 1), ((), 1), (("--retry-failed",), 2):
        run = speech("vad", file, "-e", vad.url, "-o", out, *more)
        assert run.returncode == 1
        assert "decode_failed" in run.stderr
        assert len(vad.jobs()) == before + sent


def test_a_job_is_not_looked_for_at_another_endpoint(
    vad: Service, asr: Service, tmp_path: Path
) -> None:
    with served(SAMPLE) as url, vad.going_wrong(Fault("status", status=401)):
        speech("vad", url, "-e", vad.url, "-o", tmp_path)
        run = speech("vad", url, "-e", asr.url, "-o", tmp_path)
    assert "outcome_unknown: a job was sent to another endpoint" in run.stderr


def test_a_disk_that_is_full_stops_the_run_and_is_named(
    vad: Service, corpus: Path, tmp_path: Path
) -> None:
    words = ["speech", "vad", str(corpus), "-e", vad.url, "-o", str(tmp_path)]
    code = f"""
import resource, signal, sys
from speech_endpoints.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))  # as if no file could grow beyond
sys.argv = {words!r}
main()
"""
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(CLIENT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "cannot_write: the journal: " in run.stderr
    assert "Traceback" not in run.stderr


def test_two_runs_do_not_share_a_journal(vad: Service, tmp_path: Path) -> None:
    speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path)
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as journal:
        journal.execute("BEGIN EXCLUSIVE")
        run = speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path)
    assert run.returncode == 2
    assert "another run" in run.stderr


@pytest.mark.parametrize("content", [b"not a database at all, but long enough", b""])
def test_what_is_no_journal_is_not_written_over(
    vad: Service, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    run = speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path)
    assert run.returncode == (2 if content else 0)
    assert "Traceback" not in run.stderr
