"""The benchmarks: what is kept of them, and what is watched."""

DATA = ("docs/4-measurements.md", "docs/measured/*")
