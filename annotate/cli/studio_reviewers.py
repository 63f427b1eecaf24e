"""`annotate studio reviewers`: the accounts that may review captions."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from annotate.cli import options
from annotate.cli.studio import Data, TokenFile, Url, access
from annotate.label_studio.secret_files import DATA

Emails = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="EMAIL", help="Make this account a reviewer; may be repeated."),
]
Removed = Annotated[
    list[str] | None,
    typer.Option(
        "--remove", metavar="EMAIL", help="Make this account an annotator again; may be repeated."
    ),
]


def reviewers(
    add: Emails = None,
    remove: Removed = None,
    url: Url = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> None:
    """Add or remove reviewers, then list them. Only reviewers may decide on captions."""
    from annotate.cli import console
    from annotate.label_studio.connection import Connection
    from annotate.label_studio.recorder_api import Recorder

    with closing(Connection(*access(url, token_file, data), None, 1.0)) as connection:
        recorder = Recorder(connection)
        for email in add or ():
            recorder.set_reviewer(email, reviewer=True)
        for email in remove or ():
            recorder.set_reviewer(email, reviewer=False)
        emails = recorder.reviewer_emails()
    if as_json:
        console.print_json({"reviewers": emails})
        return
    for email in emails:
        console.out().print(console.escaped(email), soft_wrap=True)
    if not emails:
        console.out().print("no reviewers yet: annotate studio reviewers --add EMAIL")
