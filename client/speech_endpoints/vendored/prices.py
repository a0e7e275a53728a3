"""RunPod's prices for Serverless workers, as they were on the day below.

Source: RunPod's pages on Serverless pricing and GPU types. They change; pass your own where they
matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 8, 20)


@dataclass(frozen=True, slots=True)
class GpuPrice:
    """What a worker with one GPU of a kind costs.

    Attributes:
        gpus: the GPUs RunPod may take.
        memory_gb: of one of them.
        flex: US dollars per second for a worker that comes and goes with the load.
        active: likewise for one that is always there (``workers_min``); None where RunPod did not
            list it. Today it gives discounts through its sales department.
    """

    gpus: str
    memory_gb: int
    flex: float
    active: float | None


PRICES = {
    "AMPERE_16": GpuPrice("A4000, A4500, RTX 4000", 16, 0.00016, 0.00011),
    "AMPERE_24": GpuPrice("L4, A5000, RTX 3090", 24, 0.00019, 0.00013),
    "ADA_24": GpuPrice("RTX 4090", 24, 0.00031, 0.00021),
    "AMPERE_48": GpuPrice("A6000, A40", 48, 0.00034, 0.00024),
    "ADA_48_PRO": GpuPrice("L40, L40S, RTX 6000 Ada", 48, 0.00053, 0.00037),
    "AMPERE_80": GpuPrice("A100", 80, 0.00076, 0.00060),
    "ADA_80_PRO": GpuPrice("H100", 80, 0.00116, 0.00093),
    "HOPPER_141": GpuPrice("H200", 141, 0.00155, 0.00124),
}
"""Prices by the id of RunPod's GPU pools."""
