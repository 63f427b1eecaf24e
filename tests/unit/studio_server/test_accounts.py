"""Secrets are stored in private files; an access token is created once and then reused."""

import json
import os
from pathlib import Path

import httpx
import pytest

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts
from tests.unit.label_studio.fake_server import URL, FakeServer, mode

ISSUED = "new.token.made"


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def token(server: FakeServer, data: Path) -> str:
    account, _ = secret_files.administrator(data)
    return accounts.token_for(URL, data, account, httpx.MockTransport(server))


def test_the_administrator_is_created_once(tmp_path):
    first, created = secret_files.administrator(tmp_path)
    assert created
    assert len(first.password) >= 24
    assert secret_files.administrator(tmp_path) == (first, False)


def test_secret_files_are_readable_only_by_the_owner(tmp_path, server):
    before = os.umask(0)
    try:
        server.password = secret_files.administrator(tmp_path)[0].password
        token(server, tmp_path)
        secret_files.webhook_secret(tmp_path / "webhook-secret", make=True)
    finally:
        os.umask(before)
    files = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert files == {"admin.json": 0o600, "token": 0o600, "webhook-secret": 0o600}


def test_the_repr_contains_no_secret(tmp_path):
    account, _ = secret_files.administrator(tmp_path)
    assert account.password not in repr(secret_files.with_token(account, "a.b.c"))
    assert "a.b.c" not in repr(secret_files.with_token(account, "a.b.c"))


def test_a_token_is_created_by_logging_in_and_stored(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    assert token(server, tmp_path) == ISSUED
    assert json.loads((tmp_path / "admin.json").read_text())["token"] == ISSUED
    assert secret_files.read_secret(tmp_path / "token") == ISSUED


def test_a_valid_token_is_reused(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    token(server, tmp_path)
    server.requests.clear()
    assert token(server, tmp_path) == ISSUED
    assert [request.url.path for request in server.requests] == ["/api/token/refresh/"]


def test_a_revoked_token_is_replaced(tmp_path, server):
    account, _ = secret_files.administrator(tmp_path)
    server.password = account.password
    secret_files.save(tmp_path, secret_files.with_token(account, "old.token.gone"))
    assert token(server, tmp_path) == ISSUED


def test_the_error_of_a_changed_password_does_not_contain_it(tmp_path, server):
    secret = secret_files.administrator(tmp_path)[0].password
    with pytest.raises(AnnotateError, match=r"rejects the password of admin@") as caught:
        token(server, tmp_path)
    assert secret not in str(caught.value)


def test_a_lost_token_must_be_revoked_by_the_user(tmp_path, server):
    server.password = secret_files.administrator(tmp_path)[0].password
    server.tokens.add("some.other.token")
    with pytest.raises(AnnotateError, match="revoke it"):
        token(server, tmp_path)


def test_an_unreachable_server_is_an_error(tmp_path):
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    account, _ = secret_files.administrator(tmp_path)
    with pytest.raises(AnnotateError, match="can't be reached"):
        accounts.token_for(URL, tmp_path, account, httpx.MockTransport(unreachable))


def test_a_broken_file_is_not_replaced(tmp_path):
    (tmp_path / "admin.json").write_text("{")
    with pytest.raises(AnnotateError, match=r"admin\.json can't be read"):
        secret_files.administrator(tmp_path)
    assert (tmp_path / "admin.json").read_text() == "{"


def test_given_access_is_used_and_missing_access_is_an_error(tmp_path):
    assert accounts.access(URL, "a.b.c", tmp_path) == (URL, "a.b.c")
    with pytest.raises(AnnotateError, match=r"no token for http://studio\.test"):
        accounts.access(URL, None, tmp_path)
    with pytest.raises(AnnotateError, match="annotate studio up"):
        accounts.access(None, None, tmp_path)


@pytest.mark.parametrize("content", ["", " \n", "short"])
def test_a_short_webhook_secret_is_rejected(tmp_path, content):
    (tmp_path / "secret").write_text(content)
    with pytest.raises(AnnotateError, match="secret"):
        secret_files.webhook_secret(tmp_path / "secret", make=True)


def test_a_webhook_secret_is_created_only_if_allowed(tmp_path):
    with pytest.raises(AnnotateError, match="no secret in"):
        secret_files.webhook_secret(tmp_path / "secret", make=False)
    created = secret_files.webhook_secret(tmp_path / "secret", make=True)
    assert secret_files.webhook_secret(tmp_path / "secret", make=False) == created
