DATA = (
    "models/tiny/iic/*",
    "samples/commands.*",
    "samples/conversation.flac",
    "services/*/handler.py",
    "services/*/test_input.json",
    "services/*/service.toml",
)
