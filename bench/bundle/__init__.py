"""Measures the bundle beside the services it is made of."""
