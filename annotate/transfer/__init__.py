"""Download of releases from other places, untrusted servers included. No stage needs this."""
