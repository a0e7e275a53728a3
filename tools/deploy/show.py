"""What is planned, done and deployed, as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from runpod_emulator.prices import AS_OF, PRICES
from tools.deploy.api import Document
from tools.deploy.apply import Applied
from tools.deploy.deployed import Image
from tools.deploy.desired import ABSENT, Difference
from tools.endpoints import EndpointSpec
from tools.images.report import megabytes


def plan(name: str, now: Document | None, found: Sequence[Difference]) -> Text:
    """What an apply would change."""
    if now is None:
        title = Text(f"+ {name} is to be created", "green")
    elif found:
        title = Text(f"~ {name} ({now['id']}) is to be changed", "yellow")
    else:
        return Text(f"{name} ({now['id']}) is as it is to be")
    lines = [title]
    for each in found:
        if now is None or each.now == ABSENT:
            if each.then != ABSENT:
                lines.append(_line("+", "green", each.field, each.then))
        elif each.then == ABSENT:
            lines.append(_line("-", "red", each.field, each.now))
        else:
            lines.append(_line("~", "yellow", each.field, f"{each.now} -> {each.then}"))
    return Text("\n").join(lines)


def _line(sign: str, style: str, name: str, value: str) -> Text:
    # No table: it would break a digest into pieces.
    return Text.assemble((f"  {sign} {name:<24}", style), value)


def applied(done: Applied) -> str:
    """What was done."""
    name = f"{done.endpoint['name']} ({done.endpoint['id']})"
    words = f"{name} runs {done.endpoint['image']}"
    if not done.changed:
        return f"nothing to change: {words}"
    return f"{words}, ready after {done.rollout_s or 0:.0f} s"


def status(
    endpoint: Document, image: Image, workers: Sequence[Document], releases: Document
) -> Text:
    """What is deployed and how it is."""
    counts = Counter(worker["status"].lower() for worker in workers)
    rollout = releases["rollout"]
    latest = f"{rollout['workersOnLatest']} of {rollout['workersTotal']} on the latest release"
    rows = {
        "endpoint": f"{endpoint['name']} ({endpoint['id']})",
        "image": endpoint["image"],
        "version": image.version or "not told",
        "commit": image.commit or "not told",
        "workers": ", ".join(f"{count} {state}" for state, count in counts.items()) or "none now",
        "": f"{endpoint['workers']['min']} to {endpoint['workers']['max']}",
        "rollout": ("in progress, " if rollout["inProgress"] else "") + latest,
        "release": f"{releases.get('endpointVersion')} ({len(releases['releases'])} known)",
        "jobs to": (endpoint.get("requestUrls") or {}).get("run", ""),
    }
    return Text("\n").join(
        Text.assemble((f"{name:<10}", "dim"), str(value)) for name, value in rows.items()
    )


def summary(service: str, spec: EndpointSpec, done: Applied, image: Image) -> str:
    """Markdown for the page of a workflow's run: digest, size, cold start, cost."""
    price = PRICES.get(spec.gpu[0]) if spec.gpu else None
    cost = f"${price.flex * 3600:.2f} an hour of work, prices of {AS_OF}" if price else "see RunPod"
    waited = "no job was sent" if done.waited_s is None else f"{done.waited_s:.1f} s"
    rollout = "nothing to change" if done.rollout_s is None else f"{done.rollout_s:.0f} s"
    rows = {
        "image": f"`{image.name}`",
        "size": "not told" if image.size is None else f"{megabytes(image.size)} compressed",
        "rollout": rollout,
        "the first job waited": waited,
        "a worker costs": cost,
        "workers": f"{spec.workers_min} to {spec.workers_max} on {', '.join(spec.gpu) or 'CPU'}",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join([f"### {service}", "", "| | |", "|---|---|", *lines, "", ""])


def append(path: str, text: str) -> None:
    """Add to a file."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)
