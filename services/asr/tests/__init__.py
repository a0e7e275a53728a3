DATA = (
    "models/tiny/iic/SenseVoiceSmall/*",
    "models/tiny/iic/speech_fsmn_vad*",
    "samples/conversation.flac",
)
