"""One package per endpoint."""
