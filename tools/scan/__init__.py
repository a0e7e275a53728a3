"""Looks up what is in an image in OSV, the open database of vulnerabilities."""
