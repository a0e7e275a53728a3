DATA = (
    "services/*/requirements.txt",
    "services/*/service.toml",
    "tools/scan/ignored.toml",
)
