"""Commands that only read: `status`, `doctor` and `annotator`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from annotate.cli import options
from annotate.overrides import Overrides

MARKS = {"ok": "[green]ok[/]", "missing": "[yellow]none[/]", "failed": "[bold red]failed[/]"}


def status(
    lake: options.LakeAt = None,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="List all quarantined items with the reasons.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl+C.")] = False,
    interval: Annotated[
        float,
        typer.Option("--interval", metavar="SECONDS", min=0.1, help="Time between refreshes."),
    ] = 5.0,
    as_json: options.AsJson = False,
) -> None:
    """Rows of the lake, items waiting for each stage, quarantined items, failed checks."""
    from annotate import pipeline, settings
    from annotate.cli import console, status_screen
    from annotate.status import state
    from annotate.store.error_messages import user_error

    chosen = settings.load(lake=lake)
    at = pipeline.open_lake(chosen)
    at.location.reject_missing()

    def read_state() -> dict[str, Any]:
        try:
            return state(at, chosen, list_quarantined=quarantine)
        except FileNotFoundError as error:  # the lake was moved or removed while it was read
            raise user_error(f"cannot read {at.location.shown}", error) from error

    if watch:
        status_screen.watch(read_state, interval, as_json)
    elif as_json:
        console.print_json(read_state())
    else:
        status_screen.show(read_state())


@options.overrides("lake", "model", "engine")
def doctor(overrides: Overrides, as_json: options.AsJson = False) -> int:
    """Check the set-up and print a remedy for each problem. Exit code 1 if there is one."""
    from annotate import settings
    from annotate.cli import console
    from annotate.doctor import Finding, examine

    findings: list[Finding] = []
    for finding in examine(settings.load(overrides)):
        findings.append(finding)
        if not as_json:
            mark, advice = MARKS[finding.health], f" [dim]({finding.advice})[/]"
            gap = " " * (7 - len(Text.from_markup(mark)))
            line = f"{mark}{gap} {finding.check:<16}" + console.escaped(finding.found)
            console.out().print(line + (advice if finding.advice else ""), soft_wrap=True)
    sound = all(finding.health != "failed" for finding in findings)
    if as_json:
        console.print_json({"sound": sound, "checks": [asdict(finding) for finding in findings]})
    return 0 if sound else 1


def annotator(
    name: Annotated[
        str, typer.Argument(help="A name as in a manifest, or ls-NUMBER of a Label Studio account.")
    ],
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Print the pseudonym of an annotator in the lake."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.store.pseudonyms import Pseudonyms

    chosen = settings.load(lake=lake)
    key = chosen.pseudonym_key.get_secret_value() if chosen.pseudonym_key else None
    at = pipeline.open_lake(chosen)
    if key is None:
        at.location.reject_missing()
    pseudonym = Pseudonyms(at, key).of(name)
    if as_json:
        console.print_json({"annotator_id": pseudonym})
    else:
        console.out().print(pseudonym)
