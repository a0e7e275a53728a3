"""The neural networks, each with the numpy code around it."""
