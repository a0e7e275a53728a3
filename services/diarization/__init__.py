"""Who spoke when: speaker diarization with ModelScope's CAM++."""
