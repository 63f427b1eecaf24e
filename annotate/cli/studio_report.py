"""`annotate studio report`: progress and pay by annotator, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from annotate.cli import options
from annotate.cli.studio import Data, TokenFile, Url, access
from annotate.label_studio.secret_files import DATA
from annotate.store.error_messages import user_error

STANDARD_OUTPUT = Path("-")

LEGEND = (
    "minutes: usable/recorded; gold: accepted or fixed/decided; --csv and --json have every column"
)


Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0, max=1e6, help="Pay per unit (see --per); adds a column."),
]
Per = Annotated[
    Literal["minute", "recording"],
    typer.Option("--per", help="A usable minute, or a recording that was accepted or fixed."),
]
ToCsv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Also write a CSV file; - prints it."),
]
Names = Annotated[
    bool, typer.Option("--names", help="Fetch the accounts' e-mail addresses from Label Studio.")
]


def report(
    rate: Rate = None,
    per: Per = "minute",
    to_csv: ToCsv = None,
    names: Names = False,
    url: Url = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Recordings, decisions and pay of each annotator."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.review.report import report as by_annotator
    from annotate.review.report import total

    chosen = settings.load(lake=lake)
    at = pipeline.open_lake(chosen)
    at.location.reject_missing()
    rows = by_annotator(at, rate, per, chosen.review.reviewers_per_caption)
    if names:
        rows = _named(rows, access(url, token_file, data))
    if to_csv == STANDARD_OUTPUT:
        sys.stdout.write(_csv(rows))
        return
    if to_csv is not None:
        _write(to_csv, rows)
    if as_json:
        console.print_json({"lake": at.location.shown, "annotators": rows})
        return
    shown = [*rows, total(rows)] if rows else []
    console.print_rows([_short(row) for row in shown], empty="no recordings yet")
    if rows:
        console.err().print(f"[dim]{LEGEND}[/]", soft_wrap=True)
    if to_csv is not None:
        console.err().print(f"written to {console.escaped(str(to_csv))}", soft_wrap=True)


def _named(rows: list[dict[str, Any]], where: tuple[str, str]) -> list[dict[str, Any]]:
    """The rows with e-mail addresses instead of account numbers."""
    from annotate.label_studio.client import Studio
    from annotate.label_studio.mapping import account_name

    with Studio(*where) as at:
        people = {account_name(one): email for one, email in at.people().items()}
    return [
        {**row, "account": " ".join(people.get(one, one) for one in row["account"].split())}
        for row in rows
    ]


def _csv(rows: list[dict[str, Any]]) -> str:
    """The rows as CSV. Cells that a spreadsheet would evaluate as a formula are quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["annotator"])
    writer.writeheader()
    writer.writerows({name: _harmless(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the CSV in one step."""
    try:
        staged = path.with_name(f".{path.name}.new")
        staged.write_text(_csv(rows), "utf-8", newline="")
        staged.replace(path)
    except OSError as error:
        raise user_error(f"cannot write {path}", error) from error


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """The columns that fit a terminal of 80 columns, with the account instead of the pseudonym."""
    shown = {
        "annotator": row["account"] or row["annotator"],
        "rec.": row["recordings"],
        "minutes": f"{row['usable_minutes']:.1f}/{row['minutes']:.1f}",
        "accept": row["accepted"],
        "fix": row["fixed"],
        "reject": row["rejected"],
        "gold": f"{row['gold_accepted']}/{row['gold_decided']}" if row["gold_decided"] else "",
        "last day": row["last_day"],
    }
    return {**shown, "pay": f"{row['pay']:,.2f}"} if "pay" in row else shown
