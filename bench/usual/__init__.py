"""What people write around ModelScope's pipeline: a handler and its Dockerfile. Peers, not ours."""
