DATA = ("models/tiny/iic/SenseVoiceSmall/*",)
