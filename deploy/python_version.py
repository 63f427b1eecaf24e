"""Exit with a one-line error if this Python is too old, before anything is installed."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"annotate-aloud needs Python 3.11 or newer, and {sys.executable} is "
        f"{sys.version.split()[0]}: run `make PYTHON=python3.12 …` with a newer one"
    )
