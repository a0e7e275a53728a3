"""The speech recognition endpoint."""
