DATA = (
    "models/tiny/iic/speech_fsmn_vad*",
    "services/vad/download_models.py",
    "services/vad/models.lock",
    "services/vad/service.toml",
)
