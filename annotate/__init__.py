"""Turns people describing images aloud into curated, versioned dense-caption datasets."""

from importlib.metadata import version

__version__ = version("annotate-aloud")
