DATA = (
    ".github/*",
    "emulator/*",
    "services/*/*.toml",
    "services/*/schema/*.json",
    "services/*/test_input.json",
)
