# The Dockerfile people write for one model: a peer, changed only so that it builds anywhere and
# imports.
ARG BASE_IMAGE=pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime
# hadolint ignore=DL3006
FROM ${BASE_IMAGE}

WORKDIR /app

# hadolint ignore=DL3008,DL3015
RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*

# Debian's pip wants to be told that the system's packages may be changed, which conda's does not.
ENV PIP_BREAK_SYSTEM_PACKAGES=1
COPY requirements.txt .
# Its pip may be behind a TLS proxy, as ours.
# hadolint ignore=DL3042
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip install -r requirements.txt

# Copied, where the original downloads it: the hub's speed is not what is measured.
COPY models /models
ENV VAD_MODEL=/models/vad

COPY handler.py .

CMD ["python", "-u", "handler.py"]
