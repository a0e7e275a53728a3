"""For the people who work here; never in an image."""
