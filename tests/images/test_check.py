"""The image keeps RunPod's rules, as far as a container shows them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runpod_emulator.check.jobs import Jobs, read_input
from runpod_emulator.check.run import check
from runpod_emulator.check.verdict import Outcome
from runpod_emulator.containers import Containers
from tests.images.conftest import EVERY_SERVICE
from tools.images.build import Built
from tools.workspace import ROOT

pytestmark = EVERY_SERVICE


def test_no_rule_is_broken_and_those_of_containers_were_seen(
    built: Built, name: str, tmp_path: Path
) -> None:
    jobs = Jobs(read_input(ROOT / "services" / name / "test_input.json"))
    verdicts = asyncio.run(check(Containers(built.reference), tmp_path, jobs))
    assert {v.rule: v.reason for v in verdicts if v.outcome is Outcome.FAIL} == {}
    passed = {v.rule for v in verdicts if v.outcome is Outcome.PASS}
    assert passed >= {"starts", "answers", "first-process", "main-guard", "stops-idle"}
    assert passed >= {"stops-starting", "network-faults", "private-errors", "private-log"}
