"""The lake: Delta tables, audio and image blobs, quarantine, and integrity checks."""
