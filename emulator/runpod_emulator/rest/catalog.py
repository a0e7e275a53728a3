"""What RunPod has: GPU types by pool, CPU flavours, data centres. They change; see its catalog."""

from __future__ import annotations

GPU_TYPES = {
    "AMPERE_16": ("NVIDIA RTX A4000", "NVIDIA RTX A4500", "NVIDIA RTX 4000 Ada Generation"),
    "AMPERE_24": ("NVIDIA L4", "NVIDIA RTX A5000", "NVIDIA GeForce RTX 3090"),
    "ADA_24": ("NVIDIA GeForce RTX 4090",),
    "AMPERE_48": ("NVIDIA RTX A6000", "NVIDIA A40"),
    "ADA_48_PRO": ("NVIDIA L40", "NVIDIA L40S", "NVIDIA RTX 6000 Ada Generation"),
    "AMPERE_80": ("NVIDIA A100 80GB PCIe", "NVIDIA A100-SXM4-80GB"),
    "ADA_80_PRO": ("NVIDIA H100 PCIe", "NVIDIA H100 80GB HBM3"),
    "HOPPER_141": ("NVIDIA H200",),
}
GB_PER_VCPU = {"cpu3c": 2, "cpu3g": 4, "cpu5c": 2, "cpu5g": 4}
DATA_CENTERS = ("CA-MTL-1", "EU-CZ-1", "EU-RO-1", "EU-SE-1", "US-CA-2", "US-KS-2", "US-TX-3")
