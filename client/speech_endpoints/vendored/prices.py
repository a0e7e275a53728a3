"""RunPod's prices, in US dollars, as they were on the day below.

Source: RunPod's pages on Serverless pricing, on storage and on GPU types; for pods its price list
(Secure Cloud), as the public data set ``privum/ai-compute-prices`` has it of the day before. They
change; pass your own where they matter.
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


@dataclass(frozen=True, slots=True)
class PodPrice:
    """What a pod costs: a machine with one GPU, rented by the hour.

    Attributes:
        gpu: which one.
        per_hour: US dollars, on demand.
    """

    gpu: str
    per_hour: float


PODS = {
    "ADA_24": PodPrice("RTX 4090", 0.69),  # listed in 2025; not in the data set
    "AMPERE_48": PodPrice("A40", 0.44),
    "AMPERE_80": PodPrice("A100 PCIe", 1.39),
    "ADA_80_PRO": PodPrice("H100 PCIe", 2.89),
}
"""Pods by the pool their GPU would be in; for the other pools there was no price to be had."""

DISK_GB_MONTH = 0.10
"""A worker's or pod's container disk, while it exists."""

SPEND_LIMIT_HOUR = 80.0
"""What an account may spend in an hour, over all it has, until RunPod's support raises it."""


def volume_month(gb: float) -> float:
    """What a network volume of that size costs a month, used or not."""
    return 0.07 * min(gb, 1000) + 0.05 * max(0.0, gb - 1000)
