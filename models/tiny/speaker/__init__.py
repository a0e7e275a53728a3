"""A tiny CAM++ speaker embedder, trained on many synthetic voices.

- voices: who speaks, and what (sentences.toml)
- dataset: recordings as features, made once and cached
- conversations: people talking to each other, with the truth of who speaks when
- network: FunASR's class, narrow for training and wide for release
- train: the command that makes the weights
- scores: how well embeddings tell voices apart
- diarize: a small diarization to judge them by
- evaluate: figures, on held-out voices
- release: the model folder's weights, lock and card (card.md)
"""
