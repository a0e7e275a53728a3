"""The RunPod emulator under load and under fire."""
