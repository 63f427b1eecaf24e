"""Speed comparisons with alternatives. Each module is one command."""
