DATA = (
    "models/tiny/iic/*",
    "samples/conversation.*",
    "services/vad/handler.py",
    "services/vad/models.lock",
)
