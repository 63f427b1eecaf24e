"""An account is created once, by invitation; its password is stored in a private file."""

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
    """A stub of login and sign-up in Label Studio. The real ones: tests/e2e/studio/test_try.py."""

    def __init__(self, passwords: dict[str, str] | None = None) -> None:
        self.passwords = passwords or {}
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        if request.method == "GET":
            return httpx.Response(200, headers={"set-cookie": "csrftoken=form; Path=/"})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form["csrfmiddlewaretoken"] == request.headers["cookie"].partition("=")[2] == "form"
        email, password = form["email"], form["password"]
        if "signup" in request.url.path:
            good = email not in self.passwords and str(request.url).endswith(INVITE)
            self.passwords |= {email: password} if good else {}
        else:
            good = self.passwords.get(email) == password
        cookies = [("set-cookie", "sessionid=in; Path=/"), ("set-cookie", "csrftoken=new; Path=/")]
        return (
            httpx.Response(302, headers=[("location", "/"), *cookies])
            if good
            else httpx.Response(200)
        )


def sign_in(server: Accounts, person: annotator_account.Person) -> dict[str, str]:
    return dict(annotator_account.sign_in(URL, INVITE, person, httpx.MockTransport(server)))


def test_a_password_is_generated_once_and_stored_in_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "annotator.json"
    person = annotator_account.person(file, EMAIL)
    assert annotator_account.person(file, EMAIL) == person
    assert len(person.password) >= 24
    assert mode(file) == 0o600
    assert person.password not in repr(person)


def test_the_account_is_created_once_and_then_used(tmp_path: Path) -> None:
    server, person = Accounts(), annotator_account.person(tmp_path / "annotator.json", EMAIL)
    assert sign_in(server, person) == {"sessionid": "in", "csrftoken": "new"}
    assert server.passwords == {EMAIL: person.password}
    server.requests.clear()
    assert sign_in(server, person) == {"sessionid": "in", "csrftoken": "new"}
    assert server.requests == ["GET /user/login/", "POST /user/login/"]


def test_an_account_with_another_password_is_an_error_of_one_line(tmp_path: Path) -> None:
    person = annotator_account.person(tmp_path / "annotator.json", EMAIL)
    with pytest.raises(AnnotateError, match="another password"):
        sign_in(Accounts({EMAIL: "else"}), person)


def test_an_unreachable_server_is_an_error(tmp_path: Path) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    person = annotator_account.person(tmp_path / "annotator.json", EMAIL)
    with pytest.raises(AnnotateError, match="can't be reached"):
        annotator_account.sign_in(URL, INVITE, person, httpx.MockTransport(unreachable))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"email": "x"}', '{"email": "x", "more": 1}'])
def test_a_damaged_file_is_not_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "annotator.json"
    file.write_text(content)
    with pytest.raises(AnnotateError, match=r"annotator\.json can't be read"):
        annotator_account.person(file, EMAIL)
    assert file.read_text() == content
