DATA = (
    "models/tiny/iic/*",
    "provision/*",
    "samples/conversation.flac",
    "services/*/Dockerfile*",
    "services/*/*.toml",
    "services/*/download_models.py",
    "services/*/handler.py",
    "services/*/models.lock",
    "services/*/schema/*.json",
    "services/*/requirements.txt",
    "services/*/schema/*",
    "services/*/test_input.json",
)
