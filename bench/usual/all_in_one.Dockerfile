# The Dockerfile people write for all models at once: a peer, changed only so that it builds anywhere
# and imports. Its project's own files are left out: they only download.
ARG BASE_IMAGE=pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime
# hadolint ignore=DL3006
FROM ${BASE_IMAGE}

WORKDIR /app

# Debian's pip wants to be told that the system's packages may be changed, which conda's does not.
ENV PIP_BREAK_SYSTEM_PACKAGES=1
COPY requirements.txt all_in_one.txt ./
# Its pip may be behind a TLS proxy, as ours.
# hadolint ignore=DL3042
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip install -r requirements.txt -r all_in_one.txt

# torchaudio comes with PyTorch's image; for a base without it this stands in for its one function.
COPY stand_in /stand_in
ENV PYTHONPATH=/stand_in

# Copied, where the original downloads them: the hub's speed is not what is measured.
COPY models /models
ENV MODELS=/models

COPY all_in_one.py handler.py

CMD ["python", "-u", "handler.py"]
