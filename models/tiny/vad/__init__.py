"""A tiny FSMN voice activity detector, trained on synthesised speech.

- scenes: speech in pauses and noise, with exact labels
- dataset: scenes as features, made once and cached
- network: FunASR's FSMN class, and FunASR's own detector around it
- train: the command that makes the weights
- evaluate: figures, on held-out scenes and on real recordings
- release: the model folder's weights, normalisation, lock and card (card.md)
- conversation: the demo recording
"""
