"""The simulation of ``tools/capacity``: how fast it is, and how near to what RunPod's SDK does."""
