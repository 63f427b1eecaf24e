"""Backup and restore of a lake and a local Label Studio."""
