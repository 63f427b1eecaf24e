"""`annotate serve`: receiver of Label Studio's webhooks, pipeline runs and second looks."""
