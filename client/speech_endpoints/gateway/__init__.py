"""OpenAI's transcription API on this machine, answered by a recognition endpoint or a bundle.

``POST /v1/audio/transcriptions``, ``GET /v1/models``, ``GET /health``: programs that call OpenAI
need another base URL, and no more. The endpoint's key stays here. ``speech gateway`` starts it.

Sources: OpenAI API reference, "Create transcription" and "Error codes"; what OpenAI's own client
reads of an answer.
"""
