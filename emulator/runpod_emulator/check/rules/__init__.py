"""All rules, in the order in which they are looked at and shown.

Those of ``afterwards`` look through what all workers said by then.
"""

from __future__ import annotations

from runpod_emulator.check.rules import afterwards, answering, lasting, leaving, starting
from runpod_emulator.check.verdict import Rule

RULES: tuple[Rule, ...] = (
    starting.starts,
    starting.first_process,
    starting.main_guard,
    answering.answers,
    answering.generators,
    answering.string_errors,
    lasting.responsive,
    lasting.cancel,
    lasting.network_faults,
    answering.large_result,
    leaving.stops_idle,
    leaving.stops_busy,
    leaving.stops_starting,
    afterwards.private_errors,
    afterwards.private_log,
    afterwards.result_size,
    afterwards.progress_order,
)
