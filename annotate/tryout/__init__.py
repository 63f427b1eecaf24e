"""`annotate try`: record images and see the transcribed words, all on this machine."""
