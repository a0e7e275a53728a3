DATA = (
    ".github/*",
    "bench/emulator/wire_worker.py",
    "docs/7-deploy.md",
    "emulator/*",
    "noxfile.py",
    "requirements/dev.txt",
    "services/*/*.toml",
    "services/*/schema/*.json",
    "services/*/test_input.json",
    "tools/*",
)
