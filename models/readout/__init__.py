"""The read-out of the real FSMN-VAD: what each of its blocks says of speech.

- prompts: recorded voices, music and sounds, from Debian packages that have them
- noise: what is heard beside them
- scenes: both together, with exact labels
- train: the command that makes the weights in ``shared/nets/vad/readout_weights.py``
- compare: the command that says what they are worth, and what other rules would be
"""
