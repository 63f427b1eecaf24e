"""What everything is: frozen types and one table schema per noun. No input or output."""
