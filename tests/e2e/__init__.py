DATA = (
    "models/tiny/iic/*",
    "samples/conversation.flac",
    "services/*/handler.py",
    "services/*/service.toml",
)
