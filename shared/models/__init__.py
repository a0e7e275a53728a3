"""Models on disk: what they should be (``lock``), where they are (``folder``), loading (``lean``).

Nothing here touches the network: models are fetched when an image is built.
"""
