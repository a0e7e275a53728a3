DATA = (
    "emulator/*",
    "models/tiny/iic/speech_fsmn_vad*",
    "samples/conversation.flac",
    "services/vad/handler.py",
    "services/vad/service.toml",
    "services/vad/test_input.json",
)
