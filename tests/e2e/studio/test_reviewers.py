"""`annotate studio reviewers`: the operator says who may decide on captions, and nobody else."""

from __future__ import annotations

import json
from contextlib import closing

import httpx
import pytest
from typer.testing import CliRunner

from annotate.cli.app import app
from annotate.label_studio.client import Studio as Client
from annotate.model.errors import AnnotateError
from tests.e2e.studio.server import ANN, PIPE, REV, TOKEN, Studio, add_account

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

NEW = "newreviewer@example.com"


def test_an_account_becomes_a_reviewers_and_an_annotators_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = studio.users[add_account(studio, NEW, [])]
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", studio.url)
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)

    def reviewers(*words: str) -> list[str]:
        done = CliRunner().invoke(app, ["studio", "reviewers", *words, "--json"])
        assert done.exit_code == 0, done.output
        found: list[str] = json.loads(done.stdout)["reviewers"]
        return found

    with Client(studio.url, TOKEN) as at:
        assert NEW not in reviewers()
        assert NEW in reviewers("--add", NEW.upper())
        assert number in at.recorder.reviewers()
        assert NEW in reviewers("--add", NEW)
        assert NEW not in reviewers("--remove", NEW)
        assert number not in at.recorder.reviewers()


def test_an_unknown_address_is_said(studio: Studio) -> None:
    with (
        Client(studio.url, TOKEN) as at,
        pytest.raises(AnnotateError, match=r"has no account nobody@example\.com"),
    ):
        at.recorder.set_reviewer("nobody@example.com", reviewer=True)


@pytest.mark.parametrize("email", [ANN, REV, PIPE])
@pytest.mark.parametrize("by", ["session", "token", "nobody"])
def test_nobody_else_makes_reviewers(studio: Studio, email: str, by: str) -> None:
    nobody = httpx.Client(base_url=studio.url, timeout=60)
    clients = {"session": studio.session, "token": studio.bearer, "nobody": lambda _: nobody}
    with closing(nobody), closing(clients[by](email)) as client:
        answer = client.post("/annotate/reviewers", json={"email": ANN, "reviewer": True})
    assert answer.status_code in (401, 403, 404)
    with Client(studio.url, TOKEN) as at:
        assert studio.users[ANN] not in at.recorder.reviewers()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"email": 1, "reviewer": true}', "\0", "{" * 99])
def test_a_body_of_another_form_changes_nothing(studio: Studio, body: str) -> None:
    headers = {"Authorization": f"Token {TOKEN}"}
    answer = httpx.post(
        f"{studio.url}/annotate/reviewers", content=body, headers=headers, timeout=60
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_body")
