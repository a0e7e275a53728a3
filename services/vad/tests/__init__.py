DATA = ("samples/*", "services/vad/requirements.cpu.txt")
