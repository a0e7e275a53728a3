"""Stands in for torchaudio, which has no build for a CPU torch on the package index.

ModelScope's diarization uses one function of it, Kaldi's filter bank; it gets the one of
kaldi-native-fbank, which computes the same numbers.
"""
