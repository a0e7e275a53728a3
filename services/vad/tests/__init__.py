DATA = ("samples/conversation.*",)
