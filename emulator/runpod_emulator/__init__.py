"""RunPod Serverless on one machine: unmodified workers and clients run against it."""
