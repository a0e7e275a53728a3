DATA = (
    "client/*",
    "emulator/*",
    "models/tiny/iic/*",
    "playground/*",
    "samples/*",
    "services/*/endpoint.toml",
    "services/*/handler.py",
    "services/*/schema/*.json",
    "services/*/service.toml",
)
