DATA = (
    "bench/emulator/wire_worker.py",
    "emulator/*",
    "services/vad/*.toml",
    "services/vad/schema/*.json",
    "services/vad/test_input.json",
)
