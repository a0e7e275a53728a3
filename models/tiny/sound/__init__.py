"""Synthetic speech and its surroundings, which every tiny model is trained on.

- sentences.toml: what is said, by language
- synthesis: who says it, espeak-ng and flite voices rendered to samples
- noise: what is not speech
- acoustics: rooms, telephone lines and levels
- labels: where an utterance is speech
- cache: what was made once
"""
