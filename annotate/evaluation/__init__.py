"""Scores of results, by code that is independent of the code that makes them."""
