"""The lake: Delta tables, audio and image blobs, and what is still to do."""
