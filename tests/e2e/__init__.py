DATA = (
    "models/tiny/iic/*",
    "samples/commands.*",
    "samples/conversation.flac",
    "services/*/handler.py",
    "services/asr/test_input.json",
    "services/*/service.toml",
)
