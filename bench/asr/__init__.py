"""Measures the speech recognition service beside its peers."""
