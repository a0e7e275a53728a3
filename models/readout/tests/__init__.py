DATA = ("models/tiny/iic/speech_fsmn_vad*",)
