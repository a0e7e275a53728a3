"""Keeps an endpoint's jobs in a file, so that a restart loses none."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Self

from runpod_emulator.jobs import Job, State

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    endpoint TEXT NOT NULL, id TEXT NOT NULL, job TEXT NOT NULL, PRIMARY KEY (endpoint, id)
)
"""


class Store:
    """A SQLite database of jobs.

    Args:
        path: the file; made if there is none.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def load(self, endpoint: str) -> list[Job]:
        """The jobs of an endpoint, in the order they were submitted."""
        query = "SELECT job FROM jobs WHERE endpoint = ? ORDER BY rowid"
        return [_job(text) for (text,) in self._database.execute(query, (endpoint,))]

    def save(self, endpoint: str, changed: list[Job], forgotten: list[str]) -> None:
        """Write down jobs as they are now, and drop those that are no more, in one step."""
        with self._database:
            self._database.executemany(
                "INSERT INTO jobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET job = excluded.job",
                [(endpoint, job.id, json.dumps(asdict(job))) for job in changed],
            )
            self._database.executemany(
                "DELETE FROM jobs WHERE endpoint = ? AND id = ?",
                [(endpoint, job_id) for job_id in forgotten],
            )


def _job(text: str) -> Job:
    fields = json.loads(text)
    return Job(**{**fields, "state": State(fields["state"])})
