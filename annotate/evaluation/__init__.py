"""Evaluation of results, by code that is independent of the stages that produce them."""
