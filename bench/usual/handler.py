"""The handler people write around ModelScope's pipeline: a peer, not our code.

Twenty lines of ``modelscope.pipelines`` and ``runpod``, changed only so that no network is
measured: the model is a local folder (by id it asks the hub at every start), and the check for a
newer funasr is off. What its imports need beyond ``pip install modelscope torch runpod`` is in
``bench/peers.in``.
"""

from __future__ import annotations

import os
from typing import Any

import runpod
from modelscope.pipelines import pipeline

vad_pipeline = pipeline(
    task="voice-activity-detection", model=os.environ["VAD_MODEL"], disable_update=True
)


def handler(event: dict[str, Any]) -> dict[str, Any]:
    """Find the speech at ``audio_url``."""
    try:
        return {"output": vad_pipeline(event.get("input", {}).get("audio_url"))}
    except Exception as error:  # noqa: BLE001 - as it is usually written
        return {"error": str(error)}


runpod.serverless.start({"handler": handler})
