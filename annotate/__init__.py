"""Turns people describing images aloud into curated, versioned dense-caption datasets."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("annotate-aloud")
except PackageNotFoundError:  # Label Studio's environment finds the recorder by its path alone
    __version__ = "0"
