"""`annotate studio reviewers`: only operators add and remove reviewers."""

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


def test_an_account_is_added_to_the_reviewers_and_removed_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = studio.users[add_account(studio, NEW, [])]
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", studio.url)
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)

    def reviewers(*options: str) -> list[str]:
        result = CliRunner().invoke(app, ["studio", "reviewers", *options, "--json"])
        assert result.exit_code == 0, result.output
        found: list[str] = json.loads(result.stdout)["reviewers"]
        return found

    with Client(studio.url, TOKEN) as label_studio:
        assert NEW not in reviewers()
        assert NEW in reviewers("--add", NEW.upper())
        assert number in label_studio.recorder.reviewers()
        assert NEW in reviewers("--add", NEW)
        assert NEW not in reviewers("--remove", NEW)
        assert number not in label_studio.recorder.reviewers()


def test_an_unknown_email_address_is_an_error(studio: Studio) -> None:
    with (
        Client(studio.url, TOKEN) as label_studio,
        pytest.raises(AnnotateError, match=r"has no account nobody@example\.com"),
    ):
        label_studio.recorder.set_reviewer("nobody@example.com", reviewer=True)


@pytest.mark.parametrize("email", [ANN, REV, PIPE])
@pytest.mark.parametrize("by", ["session", "token", "anonymous"])
def test_other_accounts_cannot_add_reviewers(studio: Studio, email: str, by: str) -> None:
    anonymous = httpx.Client(base_url=studio.url, timeout=60)
    clients = {"session": studio.session, "token": studio.bearer, "anonymous": lambda _: anonymous}
    with closing(anonymous), closing(clients[by](email)) as client:
        response = client.post("/annotate/reviewers", json={"email": ANN, "reviewer": True})
    assert response.status_code in (401, 403, 404)
    with Client(studio.url, TOKEN) as label_studio:
        assert studio.users[ANN] not in label_studio.recorder.reviewers()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"email": 1, "reviewer": true}', "\0", "{" * 99])
def test_a_malformed_body_is_rejected(studio: Studio, body: str) -> None:
    headers = {"Authorization": f"Token {TOKEN}"}
    response = httpx.post(
        f"{studio.url}/annotate/reviewers", content=body, headers=headers, timeout=60
    )
    assert (response.status_code, response.json()["error"]) == (400, "bad_body")
