DATA = (
    "models/tiny/iic/*",
    "requirements/torch.txt",
    "samples/conversation.*",
    "services/vad/handler.py",
    "services/vad/requirements.txt",
)
