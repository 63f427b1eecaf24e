"""Whisper, decoding 30 s windows of many recordings as one batch."""
