"""Shows what came of a check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from runpod_emulator.check.verdict import Outcome, Verdict

COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.NOT_SEEN: "yellow"}


def table(verdicts: Sequence[Verdict]) -> RenderableType:
    """The verdicts as something that rich prints."""
    rows = Table("rule", "verdict", "", box=None, header_style="dim", pad_edge=False)
    rows.columns[0].no_wrap = rows.columns[1].no_wrap = True
    for verdict in verdicts:
        told = Text(verdict.says)
        if verdict.reason:
            told.append(f"\n{verdict.reason}", COLOURS[verdict.outcome])
        rows.add_row(verdict.rule, Text(verdict.outcome, COLOURS[verdict.outcome]), told)
    return Group(rows, Text(), _sum(verdicts))


def as_json(verdicts: Sequence[Verdict]) -> str:
    """The same for programs."""
    rules = [
        {"rule": v.rule, "says": v.says, "verdict": v.outcome.value, "reason": v.reason}
        for v in verdicts
    ]
    return json.dumps({"passed": passed(verdicts), "rules": rules}, indent=2)


def passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether no rule failed."""
    return all(verdict.outcome is not Outcome.FAIL for verdict in verdicts)


def _sum(verdicts: Sequence[Verdict]) -> Text:
    counts = Counter(verdict.outcome for verdict in verdicts)
    words = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.NOT_SEEN: "not seen"}
    parts = [(f"{counts[o]} {words[o]}", COLOURS[o]) for o in Outcome if counts[o]]
    return Text(", ").join(Text(*part) for part in parts)
