"""The one room that speaks to Label Studio."""
