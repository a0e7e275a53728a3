"""Brings models to where they are used: into an image being built, onto a host, onto a volume.

Runs before a worker does, never in one: ModelScope's client is no part of an image.
"""
