"""What an endpoint does with its jobs where there is a choice: mostly where RunPod does not say."""

from __future__ import annotations

from pydantic.dataclasses import dataclass as settings

from runpod_emulator.parse import STRICT


@settings(config=STRICT, frozen=True, slots=True)
class Rules:
    """How an endpoint treats its jobs.

    Attributes:
        lease_s: a job is given up when its worker shows no sign of life for so long. Seen in
            practice: about 40 s; RunPod does not say.
        max_retries: how often such a job is handed out again.
        execution_timeout_s: unless the job's policy says otherwise.
        ttl_s: likewise.
        async_retention_s: how long the result of a job sent to ``/run`` is kept.
        sync_retention_s: likewise for ``/runsync``.
        drop_empty_input: whether a job whose ``input`` is empty reaches its worker without one, as
            on RunPod, whose SDK then refuses it.
        late_progress: whether progress that arrives after the result replaces it, as RunPod has
            been seen to do.
    """

    lease_s: float = 40.0
    max_retries: int = 1
    execution_timeout_s: float = 600.0
    ttl_s: float = 86_400.0
    async_retention_s: float = 1800.0
    sync_retention_s: float = 60.0
    drop_empty_input: bool = True
    late_progress: bool = False
