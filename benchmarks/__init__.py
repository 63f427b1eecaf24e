"""Speed, side by side with what a user would pick instead. Each module is one command."""
