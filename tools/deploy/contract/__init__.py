"""Whether a contract may take another's place while callers and workers of both are there."""
