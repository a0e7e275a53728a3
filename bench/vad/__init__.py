"""The voice activity detection endpoint beside what one would use instead."""
