DATA = (
    "models/tiny/iic/*",
    "requirements/torch.txt",
    "samples/conversation.*",
    "services/vad/handler.py",
    "services/vad/models.lock",
    "services/vad/requirements.txt",
)
