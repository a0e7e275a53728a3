"""See ``torchaudio`` here."""
