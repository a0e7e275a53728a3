"""Everything that is said about an endpoint, computed; ``show`` and ``pictures`` say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from runpod_emulator.prices import AS_OF, PRICES, SPEND_LIMIT_HOUR
from runpod_emulator.rules import Rules
from tools.capacity.advice import Advice, Question, advise
from tools.capacity.costs import per_month, thumb_per_day
from tools.capacity.curve import Point, Scaled, break_even, curve
from tools.capacity.plans import PLANS, Answer, Choice, Plan, Pods, Service
from tools.capacity.simulation import Outcome
from tools.capacity.traffic import DAY_S, Traffic


@dataclass(frozen=True, slots=True)
class Thumb:
    """The rule of thumb.

    Attributes:
        request_s: what a job takes on a worker that has nothing else to do.
    """

    request_s: float
    price_per_s: float
    requests: float

    @property
    def per_day(self) -> float:
        """US dollars."""
        return thumb_per_day(self.request_s, self.price_per_s, self.requests)

    @property
    def per_month(self) -> float:
        """US dollars."""
        return per_month(self.per_day)


@dataclass(frozen=True, slots=True)
class Estimate:
    """All of it.

    Attributes:
        present: the set-up there is.
        plans: the three plans, scaled as now.
        warm: the image plan with every start a FlashBoot hit.
        pods: enough pods that run all day.
        best: what ``advice`` found, with all that happens.
        points: both at other traffic.
        remarks: what is to be known.
    """

    service: Service
    traffic: Traffic
    question: Question
    thumb: Thumb
    present: Answer
    plans: dict[Plan, Answer]
    warm: Answer
    pods: Pods
    advice: Advice
    best: Outcome
    points: Sequence[Point]
    remarks: Sequence[str]

    @property
    def break_even(self) -> float | None:
        """The jobs a day from which on pods are cheaper."""
        return break_even(self.points)

    def document(self) -> dict[str, Any]:
        """All numbers, for JSON."""
        advice, figures = self.advice, self.service.figures
        return {
            "service": self.service.name,
            "jobs_per_day": self.traffic.per_day,
            "jobs": len(self.traffic.arrivals),
            "days": self.traffic.period_s / DAY_S,
            "rule_of_thumb": {"per_day": self.thumb.per_day, "per_month": self.thumb.per_month},
            "present": numbers(self.present),
            "plans": {plan: numbers(answer) for plan, answer in self.plans.items()},
            "flashboot_hits_only": numbers(self.warm),
            "pods": asdict(self.pods),
            "advice": {
                "p95_s": self.question.p95_s,
                "met": advice.met,
                "best": numbers(advice.best),
                "cheaper_but_too_slow": numbers(advice.cheaper) if advice.cheaper else None,
                "p95_s_if": advice.relaxed,
                "front": [numbers(answer) for answer in advice.front()],
                "tried": len(advice.tried),
            },
            "traffic": [
                {"jobs_per_day": p.per_day, "endpoint_per_month": p.endpoint.bill.per_month,
                 "pods_per_month": p.pods.per_month, "pods": p.pods.count, "fast_enough": p.meets}
                for p in self.points
            ],
            "break_even_jobs_per_day": self.break_even,
            "remarks": list(self.remarks),
            "prices_as_of": AS_OF.isoformat(),
            "figures_as_of": figures.as_of.isoformat(),
            "figures": [asdict(figure) for figure in figures.used.values()],
        }  # fmt: skip


def estimate(
    service: Service,
    scaled: Scaled,
    question: Question,
    tell: Callable[[int], None] = lambda tried: None,
) -> Estimate:
    """Compute all of it.

    Args:
        service: what is run.
        scaled: the traffic that is so many times the one that comes.
        question: what is asked for.
        tell: told how many set-ups have been tried, now and then.
    """
    traffic, present = scaled(1.0), question.present
    advice = advise(service, traffic, question, tell)
    pods = service.pods(traffic, question.p95_s)
    roomy = replace(
        advice.best.choice,
        scaling=replace(advice.best.choice.scaling, workers_max=question.most_workers),
    )
    return Estimate(
        service=service,
        traffic=traffic,
        question=question,
        thumb=_thumb(service, present, traffic),
        present=service.answer(present, traffic),
        plans={plan: service.answer(replace(present, plan=plan), traffic) for plan in PLANS},
        warm=service.answer(replace(present, plan="image", hits=1.0), traffic),
        pods=pods,
        advice=advice,
        best=service.outcome(advice.best.choice, traffic),
        points=curve(service, roomy, scaled, question.p95_s),
        remarks=_remarks(advice.best, pods),
    )


def numbers(answer: Answer) -> dict[str, Any]:
    """A set-up and what comes of it, for JSON."""
    bill = answer.bill
    return {
        "set_up": asdict(answer.choice),
        **asdict(answer.result),
        "idle_share": answer.result.idle_share,
        "per_day": bill.per_day,
        "per_month": bill.per_month,
        "per_audio_hour": bill.per_audio_hour,
        "bill": asdict(bill),
    }


def _thumb(service: Service, choice: Choice, traffic: Traffic) -> Thumb:
    setup, audio_s = service.setup(choice), float(traffic.audio_s.mean())
    work = setup.work
    computing_s = work.job_s + setup.gpus[0].rtf * (work.pass_of(audio_s) + audio_s)
    request_s = work.overhead_s + work.fetch_rtf * audio_s + computing_s
    return Thumb(request_s, PRICES[choice.pools[0]].flex, traffic.per_day)


def _remarks(answer: Answer, pods: Pods) -> list[str]:
    bill, result, rules = answer.bill, answer.result, Rules()
    found = []
    if pods.meets and pods.per_month < bill.per_month:
        found.append(
            f"{pods.count} x {pods.gpu} as a pod, all day, is fast enough too, and cheaper: "
            f"${pods.per_month:,.2f} a month."
        )
    if bill.discount:
        more = per_month(bill.discount * DAY_S / bill.period_s)
        found.append(
            "Active workers are counted at the discount RunPod last listed; it now gives one "
            f"through its sales department. Without it: ${more:,.2f} a month more."
        )
    if bill.most_per_hour > SPEND_LIMIT_HOUR:
        found.append(
            f"All workers together cost ${bill.most_per_hour:,.2f} an hour, above the "
            f"${SPEND_LIMIT_HOUR:.0f} that a new account may spend."
        )
    if result.longest_run_s > rules.execution_timeout_s:
        found.append(
            f"A job takes up to {result.longest_run_s:,.0f} s on its worker; RunPod ends those of "
            f"more than {rules.execution_timeout_s:.0f} s unless their policy says otherwise."
        )
    if result.backlog_s > max(60.0, 10 * result.latency.p50):
        found.append(
            f"Too few workers: {result.backlog_s:,.0f} s after the last arrival jobs still waited."
        )
    return found
