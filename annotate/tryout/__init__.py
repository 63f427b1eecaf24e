"""`annotate try`: record and see one's own words, all on this machine, for as long as it runs."""
