"""Data model: frozen types and one schema per table. This package does no input or output."""
