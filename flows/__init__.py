"""The same stages as Prefect flows.

Prefect reads its settings from the environment when it is first imported, so they are set here,
before that. Variables that the environment has stay as they are.
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
