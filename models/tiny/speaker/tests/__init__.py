DATA = ("models/tiny/iic/speech_campplus*",)
