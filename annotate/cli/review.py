"""`annotate review`: push captions to reviewers, collect decisions, or accept automatically."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.cli.studio import Data, TokenFile, Url, access
from annotate.label_studio.secret_files import DATA

if TYPE_CHECKING:
    from annotate.label_studio.client import Studio

review = typer.Typer(invoke_without_command=True, no_args_is_help=False)

PROJECT = "annotate: review"

Project = Annotated[
    str, typer.Option("--project", metavar="ID|TITLE", help="The review project in Label Studio.")
]


@review.callback()
def without_subcommand(
    context: typer.Context, lake: options.LakeAt = None, as_json: options.AsJson = False
) -> int:
    """Push captions to reviewers, collect decisions. Without a subcommand: the same as `auto`."""
    return auto(lake, as_json) if context.invoked_subcommand is None else 0


@review.command()
def auto(lake: options.LakeAt = None, as_json: options.AsJson = False) -> int:
    """Accept captions that don't require a person's review. Releases mark them as automatic."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.review.pending import count_for_people

    chosen = settings.load(lake=lake)
    at = pipeline.open_lake(chosen)
    reports = console.run_with_bars([pipeline.stage("review", chosen)], at, quiet=as_json)
    waiting = count_for_people(at, chosen.review)
    if as_json:
        console.print_json({**console.reports_json(reports, at), "for_people": waiting})
    else:
        console.print_reports(reports)
        if waiting:
            verb = "is" if waiting == 1 else "are"
            line = f"{console.count(waiting, 'caption')} {verb} for people: annotate review push"
            console.out().print(line)
    return console.REFUSED if console.rejected_by_reason(reports) else 0


@review.command()
def push(
    project: Project = PROJECT,
    url: Url = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> int:
    """Create review tasks for captions without a decision by a person. Safe to run twice."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.review.push import push as push_captions

    chosen = settings.load(lake=lake)
    at = pipeline.open_lake(chosen)
    with (
        connected(url, token_file, data) as studio,
        console.counting("push", quiet=as_json) as progress,
    ):
        where = studio.project(project)
        report = push_captions(at, studio, where, chosen.ingest, progress, chosen.review)
    if as_json:
        console.print_json({"lake": at.root, **report.to_json()})
    else:
        line = f"{console.count(report.pushed, 'caption')} pushed, {report.there:,} pushed before"
        line += f"; {report.renewed:,} shown again" if report.renewed else ""
        line += f"; {report.outdated:,} tasks are of older captions" if report.outdated else ""
        console.out().print(line, soft_wrap=True)
        for reason, count in report.refused.items():
            console.out().print(f"[yellow]refused:[/] {count:,} {reason}")
    return console.REFUSED if report.refused else 0


@review.command()
def collect(
    project: Project = PROJECT,
    url: Url = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> int:
    """Import reviewers' decisions; unchanged words of an edited text keep their lineage."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.review.collect import collect as import_decisions
    from annotate.review.pending import count_waiting

    chosen = settings.load(lake=lake)
    at = pipeline.open_lake(chosen)
    with (
        connected(url, token_file, data) as studio,
        console.counting("collect", quiet=as_json) as progress,
    ):
        where = studio.project(project)
        report = import_decisions(
            at, studio, where, lambda done: progress(done, None), chosen.review
        )
    waiting = count_waiting(at, chosen.review)
    if as_json:
        console.print_json({**console.reports_json([report], at), "waiting": waiting})
    else:
        console.print_reports([report])
        for line in waiting_lines(waiting):
            console.out().print(line)
    return console.REFUSED if report.quarantined else 0


@review.command()
def agreement(lake: options.LakeAt = None, as_json: options.AsJson = False) -> None:
    """Decisions by reviewer and by annotator, and the agreement between reviewers."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.review.agreement import agreement as compare

    at = pipeline.open_lake(settings.load(lake=lake))
    found = compare(at)
    if as_json:
        console.print_json({"lake": at.root, **found})
        return
    for name, rows in found.items():
        console.out().print(f"[bold]{name.replace('_', ' ')}[/]")
        shown = [{key: "-" if cell is None else cell for key, cell in row.items()} for row in rows]
        console.print_rows(shown, empty="no decisions by people yet")


def waiting_lines(waiting: Mapping[str, int]) -> list[str]:
    """Lines about captions that have a decision and wait for another; none if there are none."""
    line = {
        "second_review": "{} wait for a second reviewer",
        "adjudication": "{} wait for a third reviewer, as two disagree",
    }
    return [line[name].format(f"{count:,}") for name, count in waiting.items() if count]


def connected(url: str | None, token_file: Path | None, data: Path) -> Studio:
    """A client of the given Label Studio, else of the settings', else of the local one."""
    from annotate.label_studio.client import Studio

    return Studio(*access(url, token_file, data))
