"""What the rules work with: a worker they share, fresh ones, and what jobs came to."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from runpod_emulator.check.jobs import Jobs
from runpod_emulator.check.log import logged
from runpod_emulator.check.processes import ended_with
from runpod_emulator.check.trial import Answer, Lost, Trial, trial
from runpod_emulator.check.verdict import Unseen
from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes

LONG_S = 3.5  # a job that takes longer tells whether its worker reacts meanwhile
UNDER_WAY_S = 1.0  # after it was taken, it is certainly being worked on


class DidNotStart(Unseen):
    """The worker never asked for a job; ``why`` says what happened instead."""

    def __init__(self, why: str) -> None:
        super().__init__("it did not start")
        self.why = why


class NotAnswered(Unseen):
    """The worker gives no result for a good job; ``why`` says what happened instead."""

    def __init__(self, why: str) -> None:
        super().__init__("it does not answer a good job")
        self.why = why


class Bench:
    """What is needed to look at a worker.

    What was found out once is kept: a worker that does not start is not started for every rule.

    Args:
        workers: starts the workers.
        jobs: what they are given.
        folder: for their logs.

    Attributes:
        trials: all workers there were, so that what they said can be looked through.
    """

    def __init__(self, workers: Processes | Containers, jobs: Jobs, folder: Path) -> None:
        self.workers, self.jobs, self._folder = workers, jobs, folder
        self.trials: list[Trial] = []
        self._shared: Trial | None = None
        self._shared_stack, self._rule_stack = AsyncExitStack(), AsyncExitStack()
        self._did_not_start: DidNotStart | None = None
        self._good: Answer | NotAnswered | None = None
        self._slow: Answer | NotAnswered | None = None

    async def shared(self) -> Trial:
        """The worker that most rules look at; a new one when the last has ended, or is to.

        Raises:
            DidNotStart: it does not ask for jobs.
        """
        if self._did_not_start:
            raise self._did_not_start
        if self._shared is None or not self._shared.is_of_use:
            await self._shared_stack.aclose()
            self._shared = await self._started(self._shared_stack, self.workers)
            try:
                await self.asks(self._shared)
            except DidNotStart as error:
                self._did_not_start = error
                raise
        return self._shared

    async def fresh(self, workers: Processes | Containers | None = None) -> Trial:
        """Another worker, until the rule is over; it has not asked for a job yet.

        Args:
            workers: starts it, if it is to be one of another kind.
        """
        return await self._started(self._rule_stack, workers or self.workers)

    async def asks(self, worker: Trial) -> None:
        """Wait until a worker has asked for a job.

        Raises:
            DidNotStart: it does not in time.
        """
        limit = self.jobs.start_timeout_s
        await worker.until(lambda: worker.asks or worker.exit_code is not None, limit)
        if not worker.asks:
            raise DidNotStart(_why_not(worker, limit))

    async def good(self) -> Answer:
        """What a good job came to.

        Raises:
            DidNotStart, NotAnswered: it came to nothing.
        """
        if self._good is None:
            self._good = await self._run(self.jobs.good)
        return _given(self._good)

    async def slowest(self) -> Answer:
        """What the slow job came to, or the good one if no slow one was given.

        Raises:
            DidNotStart, NotAnswered: it came to nothing.
        """
        good = await self.good()
        if self.jobs.slow is None:
            return good
        if self._slow is None:
            self._slow = await self._run(self.jobs.slow)
        return _given(self._slow)

    async def long(self) -> Answer:
        """What a job came to that took long enough to see what its worker does meanwhile.

        Raises:
            Unseen: there is none.
        """
        answer = await self.slowest()
        if answer.seconds < LONG_S:
            raise Unseen(
                f"the job took {answer.seconds:.1f} s, which is too short to tell: "
                f"give --slow-input a job that takes more than {LONG_S:g} s"
            )
        return answer

    async def rule_over(self) -> None:
        """End the workers that were only there for one rule."""
        await self._rule_stack.aclose()

    async def close(self) -> None:
        """End all workers."""
        await self._rule_stack.aclose()
        await self._shared_stack.aclose()

    async def _started(self, stack: AsyncExitStack, workers: Processes | Containers) -> Trial:
        log_file = self._folder / f"{len(self.trials)}.log"
        worker = await stack.enter_async_context(trial(workers, log_file))
        self.trials.append(worker)
        return worker

    async def _run(self, job_input: dict[str, object]) -> Answer | NotAnswered:
        worker = await self.shared()
        try:
            return await worker.run(job_input, self.jobs.job_timeout_s)
        except Lost as lost:
            return NotAnswered(str(lost))


def _given(found: Answer | NotAnswered) -> Answer:
    if isinstance(found, NotAnswered):
        raise found
    return found


def _why_not(worker: Trial, limit: float) -> str:
    if worker.unhealthy:
        return f"it reported itself unhealthy: {worker.unhealthy}"
    lines = worker.log.split("\n")
    last = next((logged(line).strip() for line in reversed(lines) if line.strip()), "nothing")
    if worker.exit_code is not None:
        return f"the process {ended_with(worker.exit_code)}; the last it wrote: {last[:200]}"
    return f"it asked for no job within {limit:g} s; the last it wrote: {last[:200]}"
