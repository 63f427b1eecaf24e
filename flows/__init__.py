"""The same verbs on Prefect: what to run, in which order, seen in one place."""
