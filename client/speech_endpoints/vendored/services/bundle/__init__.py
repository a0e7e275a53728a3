"""Copies of the services' own files, written by `nox -s generate`."""
