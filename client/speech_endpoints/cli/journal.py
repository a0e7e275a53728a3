"""What was sent and what came of it, in a SQLite file: an interrupted run goes on where it was.

Each step is on disk before the next is taken. A job's id is there as soon as RunPod has given it,
so a job that runs is found again. Of one that was being sent in that moment nobody knows whether it
exists: it is said so, and it is not sent again unless the user wants it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from speech_endpoints.cli.files import Recording
from speech_endpoints.failures import OutcomeUnknown, SpeechError
from speech_endpoints.jobs import Ledger
from speech_endpoints.wire import Json

NAME = ".speech.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS recording (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,                        -- the service and its options
    source TEXT NOT NULL,                      -- a path, or a URL without its query
    version TEXT NOT NULL,                     -- of the file: its size and when it was changed
    state TEXT NOT NULL DEFAULT 'waiting',     -- waiting, done, failed, unknown
    reason TEXT,
    result TEXT,                               -- when it is done
    UNIQUE (task, source, version)
);
CREATE TABLE IF NOT EXISTS job (
    recording INTEGER NOT NULL REFERENCES recording,
    part INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL,                       -- sending, sent, ended, failed, cancelled, not sent
    id TEXT,
    answer TEXT,                               -- the job at its end, until the recording is done
    execution_ms INTEGER NOT NULL DEFAULT 0,   -- for how long a worker worked on it
    PRIMARY KEY (recording, part, attempt)
);
"""


class InUse(Exception):
    """Another run writes to this journal."""


class CannotWrite(SpeechError):
    """A result, or the journal, cannot be written: the disk is full, or somebody closed a pipe."""

    code = "cannot_write"


class Journal:
    """The journal of one folder of results.

    Args:
        path: the file; made if it is not there.
        service: whose results these are.
        options: what it is asked for.
        endpoint: where jobs are sent now.

    Raises:
        InUse: by another run.
        sqlite3.Error: it is no such file.
    """

    def __init__(
        self, path: Path, service: str, options: Mapping[str, object], endpoint: str
    ) -> None:
        task = json.dumps([service, options], sort_keys=True)
        self._task = f"{service}-{hashlib.sha256(task.encode()).hexdigest()[:16]}"
        self.endpoint = endpoint
        self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._db.close()
            raise InUse from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def entry(self, recording: Recording) -> Entry:
        """What is known of a recording."""
        key = (self._task, recording.shown, recording.version)
        self.do("INSERT OR IGNORE INTO recording (task, source, version) VALUES (?, ?, ?)", *key)
        (row,) = self.do(
            "SELECT id FROM recording WHERE task = ? AND source = ? AND version = ?", *key
        )
        return Entry(self, row[0])

    def do(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute one statement; what it changes is on disk then.

        Raises:
            CannotWrite: it cannot be.
        """
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise CannotWrite(f"the journal: {error}") from None


class Entry(Ledger):
    """One recording in a journal, and its jobs."""

    wants_id = True

    def __init__(self, journal: Journal, number: int) -> None:
        self._journal, self._number = journal, number

    @property
    def state(self) -> tuple[str, str | None]:
        """``waiting``, ``done``, ``failed`` or ``unknown``, and for what reason."""
        (row,) = self._do("SELECT state, reason FROM recording WHERE id = ?1")
        return row[0], row[1]

    @property
    def result(self) -> Json:
        """Of a recording that is done."""
        (row,) = self._do("SELECT result FROM recording WHERE id = ?1")
        found: Json = json.loads(row[0])
        return found

    def done(self, result: Json) -> None:
        """Keep the result."""
        text = json.dumps(result, ensure_ascii=False)
        self._do(
            "UPDATE recording SET state = 'done', reason = NULL, result = ?2 WHERE id = ?1", text
        )
        self._do("UPDATE job SET answer = NULL WHERE recording = ?1")

    def settle(self, state: str, reason: str | None = None) -> None:
        """Note why there is no result."""
        self._do("UPDATE recording SET state = ?2, reason = ?3 WHERE id = ?1", state, reason)

    def again(self) -> None:
        """Forget how it failed: it is sent once more."""
        self._do("UPDATE job SET state = 'given up' WHERE recording = ?1 AND state != 'ended'")
        self.settle("waiting")

    def before(self, part: int) -> str | Json | None:
        """See ``Ledger``."""
        rows = self._do(
            "SELECT state, id, answer, endpoint FROM job WHERE recording = ?1 AND part = ?2 "
            "ORDER BY attempt DESC LIMIT 1", part,
        )  # fmt: skip
        state, job_id, answer, endpoint = rows[0] if rows else (None,) * 4
        if state == "ended":
            ended: Json = json.loads(answer)
            return ended
        if state == "sending":
            raise OutcomeUnknown("the run was stopped while a job was being sent")
        if state == "sent" and endpoint != self._journal.endpoint:
            raise OutcomeUnknown("a job was sent to another endpoint, and its result never fetched")
        return str(job_id) if state == "sent" else None

    def sending(self, part: int) -> None:
        """See ``Ledger``."""
        self._do(
            "INSERT INTO job (recording, part, attempt, endpoint, state) SELECT ?1, ?2, "
            "(SELECT count(*) FROM job WHERE recording = ?1 AND part = ?2), ?3, 'sending'",
            part, self._journal.endpoint,
        )  # fmt: skip

    def sent(self, part: int, job_id: str) -> None:
        """See ``Ledger``."""
        self._now(part, "sent", id=job_id)

    def not_sent(self, part: int) -> None:
        """See ``Ledger``."""
        self._now(part, "not sent")

    def ended(self, part: int, job: Json) -> None:
        """See ``Ledger``."""
        answer = json.dumps(job, ensure_ascii=False)
        self._now(part, "ended", answer=answer, execution_ms=job.get("executionTime", 0))

    def failed(self, part: int) -> None:
        """See ``Ledger``."""
        self._now(part, "failed")

    def cancelled(self, part: int) -> None:
        """See ``Ledger``."""
        self._now(part, "cancelled")

    def execution_s(self) -> float:
        """For how long workers have worked on it."""
        (row,) = self._do("SELECT sum(execution_ms) FROM job WHERE recording = ?1")
        return (row[0] or 0) / 1000

    def _now(self, part: int, state: str, **changes: object) -> None:
        """Change the latest job of a part."""
        names = ["state", *changes]
        sets = ", ".join(f"{name} = ?{number}" for number, name in enumerate(names, 3))
        self._do(
            f"UPDATE job SET {sets} WHERE recording = ?1 AND part = ?2 AND attempt = "  # noqa: S608 - names from here
            "(SELECT max(attempt) FROM job WHERE recording = ?1 AND part = ?2)",
            part, state, *changes.values(),
        )  # fmt: skip

    def _do(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._journal.do(statement, self._number, *values)
