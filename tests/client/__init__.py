DATA = (
    "client/*",
    "docs/6-calling.md",
    "emulator/runpod_emulator/prices.py",
    "models/tiny/iic/*",
    "samples/*",
    "services/*/contract.py",
    "services/*/handler.py",
    "services/*/service.toml",
    "shared/errors.py",
    "shared/formats.py",
)
