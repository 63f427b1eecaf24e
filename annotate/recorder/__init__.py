"""The Label Studio add-on with which annotators record; it imports nothing else of ours.

Label Studio loads it when `DJANGO_SETTINGS_MODULE=annotate.recorder.settings` is set and this
repository is on its path.
"""
