"""Images of ours beside those people write: their size, how long they are built, what is pushed."""
