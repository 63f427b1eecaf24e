"""An account is made once, by the invitation, and its password stays in a file for its owner."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from annotate.model.errors import AnnotateError
from annotate.studio_server import annotator_account
from tests.unit.label_studio.fake_server import URL, mode

INVITE = "/user/signup/?token=an-invitation"
EMAIL = "you@annotate.local"


class Accounts:
    """Logs in and signs up as Label Studio does; the whole is in tests/e2e/studio/test_try.py."""

    def __init__(self, known: dict[str, str] | None = None) -> None:
        self.known = known or {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.method == "GET":
            return httpx.Response(200, headers={"set-cookie": "csrftoken=form; Path=/"})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form["csrfmiddlewaretoken"] == request.headers["cookie"].partition("=")[2] == "form"
        email, password = form["email"], form["password"]
        if "signup" in request.url.path:
            good = email not in self.known and str(request.url).endswith(INVITE)
            self.known |= {email: password} if good else {}
        else:
            good = self.known.get(email) == password
        cookies = [("set-cookie", "sessionid=in; Path=/"), ("set-cookie", "csrftoken=new; Path=/")]
        return (
            httpx.Response(302, headers=[("location", "/"), *cookies])
            if good
            else httpx.Response(200)
        )


def sign_in(server: Accounts, who: annotator_account.Person) -> dict[str, str]:
    return dict(annotator_account.sign_in(URL, INVITE, who, httpx.MockTransport(server)))


def test_a_password_is_made_up_once_and_kept_private(tmp_path: Path) -> None:
    file = tmp_path / "annotator.json"
    who = annotator_account.person(file, EMAIL)
    assert annotator_account.person(file, EMAIL) == who
    assert len(who.password) >= 24
    assert mode(file) == 0o600
    assert who.password not in repr(who)


def test_the_account_is_made_the_first_time_and_then_found(tmp_path: Path) -> None:
    server, who = Accounts(), annotator_account.person(tmp_path / "annotator.json", EMAIL)
    assert sign_in(server, who) == {"sessionid": "in", "csrftoken": "new"}
    assert server.known == {EMAIL: who.password}
    server.asked.clear()
    assert sign_in(server, who) == {"sessionid": "in", "csrftoken": "new"}
    assert server.asked == ["GET /user/login/", "POST /user/login/"]


def test_an_account_with_another_password_is_an_error_of_one_line(tmp_path: Path) -> None:
    who = annotator_account.person(tmp_path / "annotator.json", EMAIL)
    with pytest.raises(AnnotateError, match="another password"):
        sign_in(Accounts({EMAIL: "else"}), who)


def test_a_server_that_is_away_is_an_error_of_one_line(tmp_path: Path) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    who = annotator_account.person(tmp_path / "annotator.json", EMAIL)
    with pytest.raises(AnnotateError, match="can't be reached"):
        annotator_account.sign_in(URL, INVITE, who, httpx.MockTransport(away))


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"email": "x"}', '{"email": "x", "more": 1}'])
def test_a_damaged_file_is_not_replaced(tmp_path: Path, kept: str) -> None:
    file = tmp_path / "annotator.json"
    file.write_text(kept)
    with pytest.raises(AnnotateError, match=r"annotator\.json can't be read"):
        annotator_account.person(file, EMAIL)
    assert file.read_text() == kept
