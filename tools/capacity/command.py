"""The command line of ``nox -s estimate``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from runpod_emulator.parse import parsed
from runpod_emulator.prices import PODS
from runpod_emulator.scaling import Scaling
from shared.spec import ServiceSpec
from tools.capacity.advice import NEW_ACCOUNT_WORKERS, Question
from tools.capacity.curve import Scaled
from tools.capacity.figures import Figures
from tools.capacity.plans import PLANS, Choice, Service, known_pools
from tools.capacity.trace import BadTrace, read_lengths, read_trace
from tools.capacity.traffic import SHAPES, Demand, Lengths, Traffic
from tools.capacity.workers import Shortage
from tools.endpoints import EndpointSpec
from tools.workspace import ROOT, from_the_user, service_names

_ENOUGH_JOBS = 10_000
_MOST_JOBS = 5_000_000
_MOST_WEEKS = 26
OUTPUT = ROOT / "out" / "estimate"
SERVICES = tuple(
    name for name in service_names() if name != "bundle"
)  # that one is a plan of theirs


def parser() -> argparse.ArgumentParser:
    """All options, with their defaults."""
    made = argparse.ArgumentParser(
        prog="nox -s estimate --",
        description="What an endpoint costs, how long its callers wait, how it is best run.",
    )
    add = made.add_argument
    add("--service", default="vad", choices=SERVICES)
    add("--json", action="store_true", help="print only JSON")
    add("--pictures", type=Path, metavar="FOLDER", help="where they go; out/estimate by default")
    add("--seed", type=int, default=0, help="of everything that is drawn")
    add = made.add_argument_group("the traffic").add_argument
    add("--jobs-per-day", type=_above_0, default=1000.0, metavar="N", help="in the mean (1000)")
    add("--shape", default="office", choices=SHAPES, help="how that changes over a week (office)")
    add("--burst", type=_from_1, default=1.0, metavar="N", help="jobs that come together (1)")
    add("--burst-s", type=_above_0, default=60.0, metavar="S", help="over how long (60)")
    add("--audio", type=_above_0, default=60.0, metavar="S", help="mean length in seconds (60)")
    add("--audio-spread", type=_from_0, default=0.8, metavar="X",
        help="standard deviation of its logarithm (0.8); 0: all the same")  # fmt: skip
    add("--audio-file", type=Path, metavar="CSV", help="lengths to draw from, in its last column")
    add("--trace", type=Path, metavar="CSV",
        help="real arrivals: a timestamp, and seconds of audio if known")  # fmt: skip
    add("--days", type=_above_0, metavar="N",
        help="to simulate, from a Monday on; of a trace: how long it stands for")  # fmt: skip
    add = made.add_argument_group("what is asked for").add_argument
    add("--p95", type=_above_0, default=10.0, metavar="S",
        help="the 95th percentile, from arrival to result, is to be below it (10)")  # fmt: skip
    add("--most-workers", type=_count, metavar="N",
        help="that advice may use (5, or what there may be now)")  # fmt: skip
    add("--only-gpu", type=_pools, metavar="POOLS", help="that advice may use (all)")
    _add_setup(made.add_argument_group("the set-up there is (endpoint.toml)"))
    _add_figures(made.add_argument_group("what you know better (figures.toml)"))
    return made


def _add_setup(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--plan", default="image", choices=PLANS)
    add("--gpu", type=_pools, metavar="POOLS", help="by preference: AMPERE_16,AMPERE_24")
    add("--workers-min", type=int, metavar="N")
    add("--workers-max", type=_count, metavar="N")
    add("--idle-timeout", type=_from_0, metavar="S", dest="idle_timeout_s")
    add("--queue-delay", type=_from_0, metavar="S", dest="queue_delay_s")
    add(
        "--requests-per-worker", dest="request_count", type=_count, metavar="N",
        help="RunPod's other scaler",
    )  # fmt: skip
    add("--concurrency", type=_count, metavar="N", help="jobs a worker has at a time")
    add("--short-concurrency", type=_count, metavar="N", help="likewise, while they are short")
    add("--lanes", type=_count, default=1, metavar="N", help="what it computes at a time (1)")
    add("--flashboot", type=_share, default=0.0, metavar="SHARE",
        help="of starts that are hits (0: off)")  # fmt: skip


def _add_figures(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--rtf", type=_above_0, metavar="X", help="seconds of computing a second of audio")
    add("--job-s", type=_from_0, metavar="S", help="of computing for each job besides")
    add("--pass-audio-s", type=_from_0, metavar="S",
        help="of audio, as which a pass of short jobs that wait together counts")  # fmt: skip
    add("--start", type=_from_0, metavar="S", help="until a worker asks for jobs, in all")
    add("--throttled", type=_share, default=0.0, metavar="SHARE",
        help="of the time no GPU is free (0)")  # fmt: skip
    add("--throttled-s", type=_above_0, default=600.0, metavar="S", help="at a stretch (600)")
    add("--pod-price", type=_above_0, metavar="USD", help="an hour; for every pod compared")


def question(given: argparse.Namespace) -> Question:
    """What is asked for.

    Raises:
        ValueError: the scaling cannot be, or nobody knows what its workers cost.
    """
    spec = EndpointSpec.of(given.service)
    if not (given.gpu or spec.gpu):
        raise ValueError(
            f"{given.service} runs on CPUs, and RunPod's documentation has no prices of these: "
            "name the GPUs to compare with, such as --gpu AMPERE_16"
        )
    scaling = _scaling(spec.scaling(), given)
    return Question(
        p95_s=given.p95,
        present=Choice(given.plan, given.gpu or spec.gpu, scaling, given.flashboot),
        pools=given.only_gpu or tuple(known_pools()),
        most_workers=given.most_workers or max(NEW_ACCOUNT_WORKERS, scaling.workers_max),
    )


def service(given: argparse.Namespace) -> Service:
    """What is run, and what is known of it."""
    known = {f"{given.service}.rtf": given.rtf} if given.rtf else {}
    if given.rtf:
        known |= {f"{given.service}.rtf.{pool}": given.rtf for pool in known_pools()}
    own = {"job_s": given.job_s, f"{given.service}.pass_audio_s": given.pass_audio_s}
    known |= {name: value for name, value in own.items() if value is not None}
    if given.start is not None:
        known |= {"platform_s": given.start, "cuda_s": 0.0}
        known |= {f"{name}.boot_s": 0.0 for name in SERVICES}
    spec = ServiceSpec.read(ROOT / "services" / given.service / "service.toml")
    return Service(
        name=given.service,
        names=SERVICES,
        figures=Figures.read(known),
        concurrency=given.concurrency or spec.worker.concurrency,
        short_concurrency=given.short_concurrency or spec.worker.short_concurrency,
        lanes=given.lanes,
        shortage=Shortage(given.throttled, given.throttled_s),
        pod_prices=dict.fromkeys(PODS, given.pod_price) if given.pod_price else {},
        seed=given.seed,
    )


def demand(given: argparse.Namespace) -> Scaled:
    """The traffic, at any multiple.

    Raises:
        BadTrace: a file cannot be used.
    """
    lengths = Lengths(given.audio, given.audio_spread)
    if given.audio_file:
        lengths = read_lengths(from_the_user(given.audio_file))
    if given.trace:
        trace = read_trace(from_the_user(given.trace), lengths, given.days, given.seed)
        return lambda factor: trace if factor == 1 else trace.scaled(factor, given.seed)
    whole = Demand(given.jobs_per_day, SHAPES[given.shape], lengths, given.burst, given.burst_s)
    if whole.jobs_per_day * (given.days or 7) > _MOST_JOBS:
        raise BadTrace(f"more than {_MOST_JOBS:,} jobs: choose fewer --days")

    def scaled(factor: float) -> Traffic:
        per_day = whole.jobs_per_day * factor
        weeks = max(1, min(_MOST_WEEKS, round(_ENOUGH_JOBS / 7 / per_day)))
        days = max(1, round(given.days)) if given.days else 7 * weeks
        return replace(whole, jobs_per_day=per_day).traffic(days, given.seed)

    return scaled


def _scaling(scaling: Scaling, given: argparse.Namespace) -> Scaling:
    names = ("workers_min", "workers_max", "idle_timeout_s", "queue_delay_s", "request_count")
    changed: dict[str, Any] = {
        name: getattr(given, name) for name in names if getattr(given, name) is not None
    }
    if "request_count" in changed:
        changed["scaler"] = "REQUEST_COUNT"
    elif "queue_delay_s" in changed:
        changed["scaler"] = "QUEUE_DELAY"
    return parsed(Scaling, {**asdict(scaling), **changed})


def _number(least: float, most: float, says: str) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:  # NaN, too
            raise argparse.ArgumentTypeError(f"{text!r} is not {says}")
        return value

    return number


_above_0 = _number(1e-9, 1e9, "a number above 0")
_from_0 = _number(0.0, 1e9, "a number from 0")
_from_1 = _number(1.0, 1e6, "a number from 1")
_share = _number(0.0, 0.99, "a share from 0 to 0.99")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000")
    return int(text)


def _pools(text: str) -> tuple[str, ...]:
    pools = tuple(text.split(","))
    if unknown := set(pools) - set(known_pools()):
        raise argparse.ArgumentTypeError(
            f"no such pool: {', '.join(sorted(unknown))}; there are {', '.join(known_pools())}"
        )
    return pools
