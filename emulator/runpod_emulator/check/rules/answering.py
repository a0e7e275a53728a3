"""What a worker answers."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from runpod_emulator.check.bench import Bench, NotAnswered
from runpod_emulator.check.jobs import odd_inputs
from runpod_emulator.check.trial import Answer, Lost
from runpod_emulator.check.verdict import Broken, Unseen, rule

LIKELY = {
    "generator is not JSON": "the handler gives a generator that RunPod's SDK does not recognise, "
    "which must be a generator function itself, no wrapper, partial or object",
    "is not JSON": "the handler must return what JSON can say",
    "the process": "the handler called sys.exit, or there was too little memory",
    "no result was posted within": "it hangs, or its result cannot be sent, which its log may say",
}


@rule("answers", "a good job gets a result, and it is JSON")
async def answers(bench: Bench) -> None:
    """The SDK drops a result it cannot encode, and writes NaN, which is no JSON."""
    try:
        answer = await bench.good()
    except NotAnswered as error:
        raise Broken(_with_likely_cause(error.why)) from None
    if answer.oversized:
        raise Unseen("the result is over 10 MB, of which not all was read; see result-size")
    try:
        json.loads(answer.message.body, parse_constant=_refuse)
    except ValueError as error:
        raise Broken(f"the result is no JSON: {error}") from None
    if isinstance(answer.error, str):
        reason = f"it answered with an error: {answer.error[:200]}"
        if bench.jobs.made_up:
            raise Unseen(f"{reason}; give --input a job that is valid")
        raise Broken(reason)


@rule("generators", "a stream ends with its pieces gathered")
async def generators(bench: Bench) -> None:
    """Callers of /run and /runsync get nothing of a stream that is not gathered."""
    answer = await bench.good()
    streamed = [message for trial in bench.trials for message in trial.wire.said("job-stream")]
    pieces = [message for message in streamed if message.job == answer.job.id]
    end = answer.message
    if not pieces:
        raise Unseen("the good job's stream has no pieces" if end.streams else "it does not stream")
    if not end.streams:
        raise Broken("a stream ended with a result that does not say isStream=true")
    if not end.content.get("output") and "error" not in end.content:
        raise Broken(
            "the result of a stream is empty, and that is what /run and /runsync show: "
            'give runpod.serverless.start "return_aggregate_stream": True'
        )


@rule("string-errors", "odd inputs end in a result or an error in words, and the worker lives")
async def string_errors(bench: Bench) -> None:
    """An error that is no string is shown by RunPod as a success without output."""
    await bench.good()
    then = {"a good job after odd ones": bench.jobs.good}
    for what, job_input in (odd_inputs(bench.jobs.good) | then).items():
        answer = await _answered(bench, job_input, what)
        if not isinstance(answer.error, str | None):
            raise Broken(
                f"{what}: the error is an object, not a string, and RunPod shows the job as a "
                'success without output: return {"error": "code: message"}'
            )


@rule("large-result", "a result that is too large becomes an error in words")
async def large_result(bench: Bench) -> None:
    """RunPod refuses a result over its limit, and the caller sees a success without output."""
    if bench.jobs.large is None:
        raise Unseen("give --large-input a job whose result would be over 10 MB")
    await bench.good()
    answer = await _answered(bench, bench.jobs.large, "the large job")
    if answer.oversized:
        raise Broken(
            "the result was posted and is over 10 MB, so that it is lost: measure it before it is "
            "returned, and give an error, or a URL, instead"
        )
    if not isinstance(answer.error, str):
        raise Unseen(f"the large job's result has only {answer.message.size} bytes")


async def _answered(bench: Bench, job_input: dict[str, Any], what: str) -> Answer:
    worker = await bench.shared()
    try:
        return await worker.run(job_input, bench.jobs.job_timeout_s)
    except Lost as lost:
        raise Broken(f"{what}: {_with_likely_cause(str(lost))}") from None


def _with_likely_cause(what: str) -> str:
    cause = next((cause for sign, cause in LIKELY.items() if sign in what), "")
    return f"{what}: {cause}" if cause else what


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}")
