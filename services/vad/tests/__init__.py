DATA = ("samples/conversation.*", "services/vad/requirements.cpu.txt")
