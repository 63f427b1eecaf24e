"""Download of releases from untrusted servers. No stage needs this."""
