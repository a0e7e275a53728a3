"""The handler people write for all models at once: a peer, not our code.

As ``handler.py``, with the other pipelines beside the first, ``task`` choosing among them.
"""

from __future__ import annotations

import os
from typing import Any

import runpod
from modelscope.pipelines import pipeline

models = os.environ["MODELS"]
pipelines = {
    task: pipeline(task=name, model=f"{models}/{task}", disable_update=True)
    for task, name in (
        ("vad", "voice-activity-detection"),
        ("diarization", "speaker-diarization"),
        ("asr", "auto-speech-recognition"),
    )
}


def handler(event: dict[str, Any]) -> dict[str, Any]:
    """Do what ``task`` says with ``audio``."""
    job = event.get("input", {})
    if job.get("task") not in pipelines:
        return {"error": "Unknown task"}
    return {"output": pipelines[job["task"]](job["audio"])}


runpod.serverless.start({"handler": handler})
