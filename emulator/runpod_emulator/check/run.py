"""Looks at a worker, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from runpod_emulator.check.bench import Bench
from runpod_emulator.check.jobs import Jobs
from runpod_emulator.check.rules import RULES
from runpod_emulator.check.verdict import Broken, Outcome, Rule, Unseen, Verdict
from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes


async def check(
    workers: Processes | Containers,
    folder: Path,
    jobs: Jobs | None = None,
    only: Collection[str] | None = None,
    on_rule: Callable[[Rule], None] = lambda rule: None,
) -> list[Verdict]:
    """Run a worker through the rules.

    Args:
        workers: starts it, as often as needed.
        folder: where the workers' logs are to be, one for each.
        jobs: what it is given.
        only: the ids of the rules to look at; all of them, if not given. Those that look through
            what was said see what came of the rules before them.
        on_rule: told of each rule before it is looked at.

    Raises:
        CannotStart: there is no such program or image.
    """
    verdicts = []
    bench = Bench(workers, jobs or Jobs(), folder)
    try:
        for rule in RULES:
            if only is None or rule.id in only:
                on_rule(rule)
                verdicts.append(await _verdict(rule, bench))
    finally:
        await bench.close()
    return verdicts


async def _verdict(rule: Rule, bench: Bench) -> Verdict:
    outcome, reason = Outcome.PASS, ""
    try:
        await rule.look(bench)
    except Broken as broken:
        outcome, reason = Outcome.FAIL, str(broken)
    except Unseen as unseen:
        outcome, reason = Outcome.NOT_SEEN, str(unseen)
    finally:
        await bench.rule_over()
    return Verdict(rule.id, rule.says, outcome, reason)
