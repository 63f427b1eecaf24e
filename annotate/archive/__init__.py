"""Backups of the lake, Label Studio's data and the settings, and their restoration."""
