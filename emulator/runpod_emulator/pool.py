"""Keeps as many workers of an endpoint as its scaling asks for."""

from __future__ import annotations

import asyncio
import logging
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from runpod_emulator.billing import Spell
from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.live import Live
from runpod_emulator.scaling import Load, Scaling, wanted
from runpod_emulator.workers import Worker

logger = logging.getLogger("runpod_emulator")

LOOK_EVERY_S = 0.1
BACK_OFF_S = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # before another start after so many crashes in a row


@dataclass
class Member:
    """A worker of the pool.

    Attributes:
        started_at: when it was started.
        first_poll_at: when it first asked for a job: its cold start is over.
        idle_since: since when it has had no job.
        leaving_at: since when it has been asked to leave.
    """

    worker: Worker
    started_at: float
    first_poll_at: float | None = None
    idle_since: float | None = None
    leaving_at: float | None = None

    @property
    def cold_start_s(self) -> float | None:
        """Seconds from its start to its first question for a job; None before that."""
        return None if self.first_poll_at is None else self.first_poll_at - self.started_at


@dataclass
class Pool:
    """The workers of one endpoint.

    Attributes:
        live: the endpoint.
        scaling: how many there are to be.
        start: starts a worker of that id.
        schedule: what befalls them.
        grace_s: how long a worker that was asked to leave may take. RunPod does not say.
        cold_starts: seconds from the start of each worker to its first question for a job.
        ended: how long those existed that have ended.
        exit_codes: of those that have ended, in that order.
        crashes: how many in a row ended by themselves before they asked for a job, or after.
        run_id: part of the workers' ids: a worker that outlived an earlier run is not one of ours.
        retired: workers that are to be replaced: they finish what they have, and leave.
    """

    live: Live
    scaling: Scaling
    start: Callable[[str], Worker]
    schedule: Schedule = field(default_factory=Schedule)
    grace_s: float = 30.0
    members: dict[str, Member] = field(default_factory=dict)
    cold_starts: list[float] = field(default_factory=list)
    ended: list[Spell] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    crashes: int = 0
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:4])
    retired: set[str] = field(default_factory=set)
    _count: int = 0
    _added_at: float = 0.0
    _strikes: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Look after the workers until cancelled, then end them all."""
        self.live.on_taken = self._taken
        self.live.owns = self.members.__contains__
        try:
            while True:
                await self._look()
                await self.live.clock.wait(asyncio.Event(), LOOK_EVERY_S)
        finally:
            for strike in self._strikes:
                strike.cancel()
            for member in self.members.values():
                member.worker.kill()
            await asyncio.gather(*(member.worker.ended() for member in self.members.values()))

    def spells(self, now: float) -> list[Spell]:
        """How long each worker has existed so far; it is what RunPod bills."""
        current = [Spell(member.started_at, now) for member in self.members.values()]
        return [*self.ended, *current]

    def retire(self) -> None:
        """Have all workers replaced: those without a job at once, the others when it is done."""
        for name in self.members:
            self.retired.add(name)
            self.live.drain(name)
        self.crashes = 0

    async def _look(self) -> None:
        now = self.live.now()
        for name, member in list(self.members.items()):
            if member.worker.exit_code is not None:
                await self._gone(name, member, now)
            else:
                self._watch(name, member, now)
        while self._staying() < wanted(self.scaling, self._load(now)) and self._may_start(now):
            self._add(now)
        self._let_go(now)

    def _watch(self, name: str, member: Member, now: float) -> None:
        self._greet(name, member)
        if name in self.live.busy():
            member.idle_since = None
        elif member.first_poll_at is not None and member.idle_since is None:
            member.idle_since = now
        replaced = name in self.retired and name not in self.live.busy()
        if (replaced or name in self.live.to_leave) and member.leaving_at is None:
            self._ask_to_leave(name, member, now)
        if member.leaving_at is not None and now - member.leaving_at > self.grace_s:
            member.worker.kill()

    def _greet(self, name: str, member: Member) -> None:
        """Note that a worker has come as far as asking for jobs, if it has."""
        if member.first_poll_at is None and name in self.live.first_seen:
            member.first_poll_at, self.crashes = self.live.first_seen[name], 0
            self.live.starting.discard(name)
            self.cold_starts.append(member.first_poll_at - member.started_at)

    async def _gone(self, name: str, member: Member, now: float) -> None:
        code = await member.worker.ended()
        self.exit_codes.append(code)
        if member.leaving_at is None:
            logger.warning("worker %s ended by itself, with exit code %d", name, code)
        self._greet(name, member)  # it may have come and gone since the last look
        del self.members[name]
        self.retired.discard(name)
        self.live.starting.discard(name)
        self.ended.append(Spell(member.started_at, now))
        self.crashes += member.leaving_at is None
        self._added_at = now if member.leaving_at is None else self._added_at
        self.live.forget(name, now)

    def _let_go(self, now: float) -> None:
        """Ask workers to leave that have been idle for too long."""
        for name, member in self.members.items():
            spare = self._staying() > self.scaling.workers_min and member.leaving_at is None
            idle = member.idle_since is not None and not self.live.queue.waiting
            if spare and idle and now - (member.idle_since or now) > self.scaling.idle_timeout_s:
                self._ask_to_leave(name, member, now)

    def _ask_to_leave(self, name: str, member: Member, now: float) -> None:
        # It gets no more jobs first: the SDK would take one after the signal and never run it.
        self.live.drain(name)
        member.leaving_at = now
        member.worker.send(signal.SIGTERM)

    def _add(self, now: float) -> None:
        self._count += 1
        name = f"{self.live.settings.id}-w{self._count}-{self.run_id}"
        self.members[name] = Member(self.start(name), now)
        self.live.starting.add(name)
        self._added_at = now

    def _may_start(self, now: float) -> bool:
        return now - self._added_at >= BACK_OFF_S[min(self.crashes, len(BACK_OFF_S) - 1)]

    def _staying(self) -> int:
        return sum(
            member.leaving_at is None and name not in self.retired
            for name, member in self.members.items()
        )

    def _load(self, now: float) -> Load:
        queue = self.live.queue
        oldest = next(iter(queue.waiting.values()), None)
        return Load(
            queued=len(queue.waiting),
            in_progress=len(queue.running),
            oldest_wait_s=now - oldest.queued_at if oldest else 0.0,
            workers=self._staying(),
            since_added_s=now - self._added_at,
        )

    def _taken(self, worker: str, jobs: int) -> None:
        """A worker was handed jobs: something may be about to befall it."""
        for _ in range(jobs):
            if fault := self.schedule.next("worker"):
                strike = asyncio.ensure_future(self._strike(worker, fault))
                self._strikes.add(strike)
                strike.add_done_callback(self._strikes.discard)

    async def _strike(self, worker: str, fault: Fault) -> None:
        await self.live.clock.wait(asyncio.Event(), fault.delay_s)
        if (member := self.members.get(worker)) is None:
            return
        if fault.signal == "KILL":
            member.worker.kill()
        else:
            self._ask_to_leave(worker, member, self.live.now())
