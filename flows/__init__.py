"""The same verbs on Prefect: what to run, in which order, seen in one place.

Prefect reads its settings from the environment when it is first imported, so what we want of it
is said here, before that. What the environment says already stays.
"""

import os

WANTED = {
    # On a machine that has never run it, the temporary server first makes its database. That takes
    # longer than the 20 s that Prefect waits by itself.
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
    # Nothing calls home.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
"""Settings of Prefect's, by the names of their environment variables."""

for _name, _value in WANTED.items():
    os.environ.setdefault(_name, _value)
