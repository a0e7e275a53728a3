"""The diarization service beside ModelScope's own pipeline."""
