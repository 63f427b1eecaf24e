"""Backups of everything there is, and bringing them back."""
