DATA = ("*",)
