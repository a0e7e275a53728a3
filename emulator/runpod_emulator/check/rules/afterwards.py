"""What can be seen in all that was said and written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from runpod_emulator.check.bench import Bench
from runpod_emulator.check.log import logged
from runpod_emulator.check.trial import RESULT_LIMIT, Trial
from runpod_emulator.check.verdict import Broken, Unseen, rule
from runpod_emulator.settings import Limits

TELLTALE = 12  # bytes of a string that is hardly in a log by chance
NEEDLE = 60  # characters of it that are looked for
AT_DEBUG = ("Handler output: ", "run_job return: ", "enerator output: ")
TRACEBACK = re.compile(r"Traceback \(most recent|error_traceback|File \"[^\"]+\", line \d+")


@rule("private-errors", "no error shows a traceback or a host's name")
async def private_errors(bench: Bench) -> None:
    """The SDK reports an exception with its traceback, and the paths in it, to the caller."""
    errors = [
        str(message.content["error"])
        for trial in bench.trials
        for message in trial.wire.results()
        if message.content.get("error")
    ]
    if not errors:
        raise Unseen("no job ended in an error")
    if any(TRACEBACK.search(error) for error in errors):
        raise Broken(
            "an exception reached RunPod's SDK, which sends its traceback to the caller: catch it "
            'and return {"error": "code: message"}'
        )


@rule("private-log", "nothing of a job's input or result is in the log")
async def private_log(bench: Bench) -> None:
    """RunPod keeps logs; at its default level, DEBUG, the SDK writes every result to them."""
    looked_for = 0
    for trial in bench.trials:
        log = "\n".join(map(logged, trial.log.splitlines()))
        if any(sign in log for sign in AT_DEBUG):
            raise Broken(
                "RunPod's SDK logs every result at DEBUG, which is its default: set "
                "RUNPOD_LOG_LEVEL=INFO in the image, or before `import runpod`"
            )
        for where, needle in _private(trial):
            looked_for += 1
            if needle in log:
                raise Broken(f"the log has a string of a job's {where}: {needle[:12]!r}...")
    if not looked_for:
        raise Unseen("no string of a job is long enough to be recognised in a log")


@rule("result-size", "no result is over 10 MB, and no piece of a stream over 1 MB")
async def result_size(bench: Bench) -> None:
    """RunPod refuses them, and the caller gets nothing."""
    limits = {"job-done": RESULT_LIMIT, "job-stream": Limits().chunk}
    posted = [message for trial in bench.trials for message in trial.wire.said(*limits)]
    for message in posted:
        if message.size > limits[message.route]:
            raise Broken(f"over {limits[message.route]} bytes were posted to {message.route}")
    if not posted:
        raise Unseen("nothing was posted")


@rule("progress-order", "progress is reported before the result, never after")
async def progress_order(bench: Bench) -> None:
    """RunPod has been seen to go back to IN_PROGRESS, and to lose the result."""
    seen = False
    for trial in bench.trials:
        ended: set[str] = set()
        for message in sorted(trial.wire.said("job-done"), key=lambda message: message.at):
            if not message.is_progress:
                ended.add(message.job)
                continue
            seen = True
            if message.job in ended:
                raise Broken(
                    "progress came after the result, which it then replaces: progress_update sends "
                    "in a thread of its own; send it with await, or not right before the end"
                )
    if not seen:
        raise Unseen("it reports no progress")


def _private(trial: Trial) -> Iterator[tuple[str, str]]:
    """What is private of a worker's jobs: where it is from, and what to look for."""
    public = trial.opening
    for job in trial.jobs:
        for where, content in (("input", job.input), ("result", job.output)):
            whole = [repr(content), json.dumps(content, ensure_ascii=False)] if content else []
            for text in (*_strings(content), *whole):
                needle = _needle(text)
                known = needle in public or needle in job.id
                if len(needle.encode()) >= TELLTALE and not known:
                    yield where, needle


def _strings(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        parts: Iterable[object] = content.values() if isinstance(content, dict) else content
        for part in parts:
            yield from _strings(part)


def _needle(text: str) -> str:
    """The part of a string that gives it away: of a URL its query, which may hold a signature."""
    if text.startswith(("http://", "https://")) and "?" in text:
        text = text.partition("?")[2]
    return text[:NEEDLE]
