"""The Label Studio add-on for recording; it imports no other package of this project.

Label Studio loads it if `DJANGO_SETTINGS_MODULE=annotate.recorder.settings` is set and this
repository is on its path.
"""
