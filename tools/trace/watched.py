"""What a trace shows beside imports: functions of ours and of RunPod's SDK, by module.

What is named here and is not there stops the trace.
"""

from __future__ import annotations

from collections.abc import Mapping

# What a span is about, which is how it is coloured.
SDK, TORCH, MODEL, WARM_UP, JOB = "sdk", "torch", "model", "warm-up", "job"

WATCHED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "shared.worker.sdk": {"import_sdk": ("RunPod's SDK", SDK)},
    "shared.models.torch_import": {
        "import_torch": ("torch", TORCH),
    },
    "shared.models.verified": {"verified": ("verify", MODEL)},
    "shared.models.lean": {"load_weights": ("weights", MODEL)},
    "shared.worker.start": {"load": ("load the engine", MODEL)},
    "services.vad.detector": {"Detector.warm_up": ("warm-up", WARM_UP)},
    "services.diarization.diarizer": {"Diarizer.warm_up": ("warm-up", WARM_UP)},
    "services.asr.recognizer": {"SpeechRecognizer.warm_up": ("warm-up", WARM_UP)},
    "runpod.serverless.modules.rp_job": {"get_job": ("take a job", JOB)},
    "runpod.serverless.modules.rp_http": {"send_result": ("send the result", JOB)},
    "shared.worker.job": {
        "JobHandler.handle": ("job", JOB),
        "JobHandler._open": ("fetch", JOB),
        "JobHandler._infer": ("engine", JOB),
    },
    "shared.worker.request": {"parse": ("validate", JOB)},
    "shared.worker.result": {"fit": ("fit", JOB)},
    "shared.decode": {"decode": ("decode", JOB)},
    "shared.features": {
        "FeatureStream._push": ("features", JOB),
        "StackedFeatures.__call__": ("features", JOB),
        "Fbank.__call__": ("filter bank", JOB),
    },
    "shared.nets.vad.network": {"FsmnNetwork.silence": ("VAD network", JOB)},
    "shared.nets.vad.segmenter": {
        "Segmenter.push": ("rules", JOB),
        "Segmenter.finish": ("rules", JOB),
    },
    "shared.nets.speaker": {"CamPlus.embed": ("speaker network", JOB)},
    "shared.nets.asr.sensevoice": {"SenseVoice.transcribe": ("recogniser", JOB)},
    "services.diarization.clustering": {"cluster": ("clustering", JOB)},
}
