"""The command line. `annotate --help` lists the commands; each takes `--json`."""

from annotate.cli.app import main

__all__ = ["main"]
