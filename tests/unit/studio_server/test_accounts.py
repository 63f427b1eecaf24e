"""Secrets lie in files for their owner alone; a token is made once and then found."""

import json
import os
from pathlib import Path

import httpx
import pytest

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts
from tests.unit.label_studio.fake_server import URL, FakeServer, mode

MADE = "new.token.made"


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def token(server: FakeServer, data: Path) -> str:
    account, _ = secret_files.administrator(data)
    return accounts.token_for(URL, data, account, httpx.MockTransport(server))


def test_the_administrator_is_made_once(tmp_path):
    first, made = secret_files.administrator(tmp_path)
    assert made
    assert len(first.password) >= 24
    assert secret_files.administrator(tmp_path) == (first, False)


def test_secrets_are_for_their_owner_alone(tmp_path, server):
    before = os.umask(0)
    try:
        server.password = secret_files.administrator(tmp_path)[0].password
        token(server, tmp_path)
        secret_files.webhook_secret(tmp_path / "webhook-secret", make=True)
    finally:
        os.umask(before)
    files = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert files == {"admin.json": 0o600, "token": 0o600, "webhook-secret": 0o600}


def test_nothing_secret_is_shown_by_accident(tmp_path):
    account, _ = secret_files.administrator(tmp_path)
    assert account.password not in repr(secret_files.with_token(account, "a.b.c"))
    assert "a.b.c" not in repr(secret_files.with_token(account, "a.b.c"))


def test_a_token_is_made_by_logging_in_and_kept(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    assert token(server, tmp_path) == MADE
    assert json.loads((tmp_path / "admin.json").read_text())["token"] == MADE
    assert secret_files.read_secret(tmp_path / "token") == MADE


def test_a_token_that_works_is_used_again(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    token(server, tmp_path)
    server.requests.clear()
    assert token(server, tmp_path) == MADE
    assert [request.url.path for request in server.requests] == ["/api/token/refresh/"]


def test_a_token_that_was_revoked_is_made_anew(tmp_path, server):
    account, _ = secret_files.administrator(tmp_path)
    server.password = account.password
    secret_files.keep(tmp_path, secret_files.with_token(account, "old.token.gone"))
    assert token(server, tmp_path) == MADE


def test_a_changed_password_is_explained_and_not_told(tmp_path, server):
    secret = secret_files.administrator(tmp_path)[0].password
    with pytest.raises(AnnotateError, match=r"rejects the password of admin@") as caught:
        token(server, tmp_path)
    assert secret not in str(caught.value)


def test_a_token_that_is_lost_must_be_revoked_by_a_person(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    server.tokens.add("some.other.token")
    with pytest.raises(AnnotateError, match="revoke it"):
        token(server, tmp_path)


def test_a_server_that_is_away_is_an_error_of_one_line(tmp_path):
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    account, _ = secret_files.administrator(tmp_path)
    with pytest.raises(AnnotateError, match="can't be reached"):
        accounts.token_for(URL, tmp_path, account, httpx.MockTransport(away))


def test_a_broken_file_is_not_replaced(tmp_path):
    (tmp_path / "admin.json").write_text("{")
    with pytest.raises(AnnotateError, match=r"admin\.json can't be read"):
        secret_files.administrator(tmp_path)
    assert (tmp_path / "admin.json").read_text() == "{"


def test_what_is_given_wins_and_what_lacks_is_said(tmp_path):
    assert accounts.access(URL, "a.b.c", tmp_path) == (URL, "a.b.c")
    with pytest.raises(AnnotateError, match=r"no token for http://studio\.test"):
        accounts.access(URL, None, tmp_path)
    with pytest.raises(AnnotateError, match="annotate studio up"):
        accounts.access(None, None, tmp_path)


@pytest.mark.parametrize("content", ["", " \n", "short"])
def test_a_poor_webhook_secret_is_refused(tmp_path, content):
    (tmp_path / "secret").write_text(content)
    with pytest.raises(AnnotateError, match="secret"):
        secret_files.webhook_secret(tmp_path / "secret", make=True)


def test_a_webhook_secret_is_made_only_where_it_may(tmp_path):
    with pytest.raises(AnnotateError, match="no secret in"):
        secret_files.webhook_secret(tmp_path / "secret", make=False)
    made = secret_files.webhook_secret(tmp_path / "secret", make=True)
    assert secret_files.webhook_secret(tmp_path / "secret", make=False) == made
