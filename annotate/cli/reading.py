"""The commands that look: what is in the lake, and whether the set-up is sound."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from annotate.cli import options
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.store.lake import Lake

MARKS = {"ok": "[green]ok[/]", "missing": "[yellow]none[/]", "failed": "[bold red]failed[/]"}


def status(
    lake: options.LakeAt = None,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="List everything that was refused, and why.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """What the lake holds, what was refused, and what the checks say."""
    from annotate import pipeline, settings
    from annotate.cli import screen

    at = pipeline.open_lake(settings.load(lake=lake))
    state = _state(at, quarantine)
    if as_json:
        screen.print_json(state)
    else:
        _show_state(state)


def doctor(
    lake: options.LakeAt = None, model: options.Model = None, as_json: options.AsJson = False
) -> int:
    """Check the set-up, and say what to do about what isn't right. Exit code 1 if something is."""
    from annotate import settings
    from annotate.cli import screen
    from annotate.doctor import Finding, examine

    findings: list[Finding] = []
    for finding in examine(settings.load(lake=lake, model=model)):
        findings.append(finding)
        if not as_json:
            mark, advice = MARKS[finding.health], f" [dim]({finding.advice})[/]"
            gap = " " * (7 - len(Text.from_markup(mark)))
            line = f"{mark}{gap} {finding.check:<16}" + screen.escaped(finding.found)
            screen.out().print(line + (advice if finding.advice else ""), soft_wrap=True)
    sound = all(finding.health != "failed" for finding in findings)
    if as_json:
        screen.print_json({"sound": sound, "checks": [asdict(finding) for finding in findings]})
    return 0 if sound else 1


def annotator(
    name: Annotated[str, typer.Argument(help="As a manifest has it, or ls-NUMBER of an account.")],
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> None:
    """The pseudonym under which the lake knows an annotator."""
    from annotate import pipeline, settings
    from annotate.cli import screen
    from annotate.store.pseudonyms import Pseudonyms

    chosen = settings.load(lake=lake)
    key = chosen.pseudonym_key.get_secret_value() if chosen.pseudonym_key else None
    at = pipeline.open_lake(chosen)
    if key is None and not at.place.fs.exists(at.place.base):
        raise AnnotateError(f"there is no lake at {at.root}: it has no key for pseudonyms yet")
    pseudonym = Pseudonyms(at, key).of(name)
    if as_json:
        screen.print_json({"annotator_id": pseudonym})
    else:
        screen.out().print(pseudonym)


def _state(lake: Lake, list_quarantine: bool) -> dict[str, Any]:
    from annotate.model.tables import Recordings
    from annotate.store.standing import standing, verdicts

    refused = lake.quarantined()
    judged = verdicts(lake).group_by("check", "status").len().sort("check", "status").collect()
    here = lake.current(Recordings).select("recording_id")
    stand = here.join(standing(lake), on="recording_id", how="left").group_by("status").len()
    state: dict[str, Any] = {
        "lake": lake.root,
        "tables": lake.counts(),
        "quarantined": dict(refused.group_by("reason").len().sort("reason").iter_rows()),
        "recordings": {
            status or "no_consent": count
            for status, count in stand.sort("status", nulls_last=True).collect().iter_rows()
        },
        "verdicts": [
            {"check": check, "status": status, "recordings": count}
            for check, status, count in judged.iter_rows()
            if status != "pass"
        ],
    }
    if list_quarantine:
        state["quarantine"] = refused.select("step", "item", "reason", "detail").to_dicts()
    return state


def _show_state(state: dict[str, Any]) -> None:
    from annotate.cli import screen

    rows = [{"table": table, "rows": rows} for table, rows in state["tables"].items()]
    screen.out().print(f"[dim]lake[/] {screen.escaped(state['lake'])}\n", soft_wrap=True)
    screen.print_rows(rows)
    if state["recordings"]:
        screen.out().print("\n[bold]recordings[/]")
        stand = state["recordings"].items()
        screen.print_rows([{"status": status, "recordings": count} for status, count in stand])
    if state["verdicts"]:
        screen.out().print("\n[bold]not passed[/]")
        screen.print_rows(state["verdicts"])
    if state["quarantined"]:
        screen.out().print("\n[bold]refused[/]")
        listed = state.get("quarantine")
        counted = [{"reason": key, "items": count} for key, count in state["quarantined"].items()]
        screen.print_rows(listed or counted)
