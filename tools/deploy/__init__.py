"""Makes RunPod's endpoints what the repository says: ``nox -s deploy-vad -- plan|apply|...``.

There is no state file. An endpoint is found by its name; what it runs is read from the image it
runs; what it ran before, from its releases.
"""
