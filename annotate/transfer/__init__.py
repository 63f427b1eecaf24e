"""Releases brought from elsewhere, from servers that may mean harm. No stage needs this."""
