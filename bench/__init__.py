"""Measurements of the services beside their peers: ratios from one run, raw numbers as JSON."""
