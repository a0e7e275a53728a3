DATA = (
    "LICENSE",
    "models/tiny/iic/*",
    "provision/*",
    "samples/conversation.flac",
    "services/*/Dockerfile*",
    "services/*/*.toml",
    "services/*/NOTICE",
    "services/*/download_models.py",
    "services/*/handler.py",
    "services/*/models.lock",
    "services/*/requirements.txt",
    "services/*/test_input.json",
)
