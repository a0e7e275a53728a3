"""A tiny SenseVoice, trained on synthetic digits and commands in Mandarin and English.

- words: what it knows (words.toml), and how that is written
- spoken: phrases by synthesisers that tell where each word is
- utterances: who says what, how and where
- dataset: recordings as features, made once and cached
- pieces: the sentencepiece model
- targets: what the frames of a recording are to become
- batches: recordings joined, and disturbed anew each time
- network: FunASR's class, small
- train: the command that makes the weights
- scores: how far what was heard is from what was said
- evaluate: figures, on held-out voices
- release: the model folder's weights, lock and card (card.md)
"""
