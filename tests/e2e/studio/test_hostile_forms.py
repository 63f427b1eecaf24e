"""Forbidden requests in disguise: other spellings of a path, other methods, other body formats."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.studio import server
from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.scene import Scene, result
from tests.e2e.studio.server import ANN, BEA, Studio
from tests.e2e.studio.uploads import meta, upload

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def ann(studio: Studio) -> Iterator[httpx.Client]:
    with closing(studio.session(ANN)) as client:
        yield client


def raw(
    client: httpx.Client, method: str, target: str, body: bytes = b"", **headers: str
) -> httpx.Response:
    """Send a request whose target isn't normalized by the client."""
    connection = http.client.HTTPConnection(urlsplit(str(client.base_url)).netloc, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    connection.putrequest(method, target, skip_accept_encoding=True)
    fields = {"Cookie": cookies, "X-CSRFToken": client.headers["X-CSRFToken"], **headers}
    if body:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fields}
    for name, value in fields.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    copy = httpx.Response(response.status, headers=response.getheaders(), content=response.read())
    connection.close()
    return copy


def spellings(path: str) -> list[str]:
    """Other ways to write a path."""
    first, rest = path[1:].split("/", 1)
    bare = path.rstrip("/")
    return [
        *(path, bare, f"{bare}//", f"/{path}", f"//{path}", path.upper(), f"/{first}//{rest}"),
        *(f"/{first.upper()}/{rest}", f"/{first}/./{rest}", f"/x/../{first}/{rest}"),
        *(f"/{first}/%2e/{rest}", f"/x/%2e%2e/{first}/{rest}", f"/%{ord(first[0]):x}{path[2:]}"),
        *(
            f"/{first}%2f{rest}",
            f"/{first}%5c{rest}",
            f"/{first}\\{rest}",
            f"{bare};x",
            f"{path};x=1",
        ),
        *(
            f"{bare}%20",
            f"{bare}%00",
            f"{bare}.json",
            f"{bare}.json/",
            f"{bare}%2ejson",
            f"{bare}%2f",
        ),
        *(f"/version{path}", f"/health{path}", f"/static/..{path}", f"/static/%2e%2e{path}"),
        *(f"/annotate/session{path}", f"/annotate/..{path}", f"/annotate/%2e%2e{path}"),
        *(f"{path}?_method=GET", f"{path}?format=api", f"{path}#", f"{path}?enforce_csrf_checks="),
        f"http://127.0.0.1{path}",
    ]


def test_no_spelling_of_a_path_bypasses_the_allow_list(
    studio: Studio, scene: Scene, ann: httpx.Client
) -> None:
    attacks = Attacks("spellings", studio, scene.secrets)
    before = snapshot(studio)
    read = ("/api/users/", "/api/invite/", "/api/webhooks/", "/admin/users/user/", scene.media,
            f"/api/tasks/{scene.review_task}/", f"/api/projects/{scene.review}/", scene.foreign,
            f"/annotate/recordings/{scene.their_recording}",
            f"/api/annotations/{scene.theirs}/")  # fmt: skip
    for path in read:
        for target in spellings(path):
            attacks.check(f"GET {target}", raw(ann, "GET", target), harmless=True)
    deleted = (f"/api/annotations/{scene.theirs}/", f"/api/projects/{scene.record}/",
            f"/api/tasks/{scene.tasks[0]}/")  # fmt: skip
    for path in deleted:
        for target in spellings(path):
            attacks.check(f"DELETE {target}", raw(ann, "DELETE", target), harmless=True)
    attacks.assert_none_let_in(before)


def test_no_method_override_bypasses_the_allow_list(
    studio: Studio, scene: Scene, ann: httpx.Client
) -> None:
    attacks = Attacks("methods", studio, scene.secrets)
    before = snapshot(studio)
    targets = (f"/api/annotations/{scene.theirs}/", f"/api/projects/{scene.record}/",
               f"/api/tasks/{scene.tasks[0]}/", f"/api/projects/{scene.record}/import")  # fmt: skip
    body = json.dumps({"title": "mine", "result": [], "_method": "DELETE"}).encode()
    for target in targets:
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"):
            for method in ("GET", "POST"):
                for hidden in ("DELETE", "PATCH", "delete"):
                    response = raw(ann, method, target, body, **{name: hidden})
                    attacks.check(f"{method} {target} {name}: {hidden}", response, harmless=True)
        for method in ("HEAD", "OPTIONS", "TRACE", "PROPFIND", "COPY", "delete", "DELETE ", "LINK"):
            try:
                response = raw(ann, method, target)
            except (ValueError, http.client.HTTPException):
                continue  # the client can't send it, or the response isn't HTTP
            attacks.check(f"{method} {target}", response, harmless=True)
        sent = raw(ann, "GET", target, Upgrade="websocket", Connection="Upgrade",
                   **{"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "eA=="})  # fmt: skip
        attacks.check(f"websocket {target}", sent, harmless=True)
        assert sent.status_code != 101
    attacks.assert_none_let_in(before)


def bodies(mine: str, theirs: str, bea: int) -> list[tuple[str, bytes]]:
    """Content types and bodies that two parsers could read differently, or not at all."""
    stolen = f'{{"result": {theirs}, "completed_by": {bea}}}'
    utf7 = stolen.replace('"', "+ACI-").encode()
    odd: list[tuple[str, bytes]] = [
        ("application/json; charset=utf-16", stolen.encode("utf-16")),
        ("application/json; charset=utf-7", utf7),
        ("application/json; charset=UTF-7; charset=utf-8", utf7),
        ("application/json, application/x-www-form-urlencoded", stolen.encode()),
    ]
    odd += [
        (kind, stolen.encode()) for kind in ("text/plain", "text/json", "", "application/x+json")
    ]
    json_bodies: list[bytes] = [
        f'{{"result": {mine}, "result": {theirs}}}'.encode(),
        stolen.encode("utf-16"),
        b"\xef\xbb\xbf" + stolen.encode(),
        b"[" * 100_000,
        b'{"result": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"result": [], "lead_time": NaN}',
        b'{"result": [], "draft_id": ' + b"9" * 5000 + b"}",
        b'{"result": [], "draft_id": true}',
        b'{"result": [], "draft_id": "1 or 1=1"}',
        b'{"result": [], "parent_annotation": [1]}',
        *(b"null", b'"' + b"x" * 2**20 + b'"', b"\xff\xfe\x00"),
    ]
    return odd + [("application/json", body) for body in json_bodies]


def test_ambiguous_bodies_are_rejected(studio: Studio, scene: Scene, ann: httpx.Client) -> None:
    attacks = Attacks("bodies", studio, scene.secrets)
    before = snapshot(studio)
    target = f"/api/tasks/{scene.tasks[0]}/annotations/"
    mine, theirs = (json.dumps(result(one)) for one in (scene.my_recording, scene.their_recording))
    form = {"result": theirs, "completed_by": str(studio.users[BEA])}
    attacks.send(ann, "POST", target, data=form)
    attacks.send(ann, "POST", target, data=form, files={"x": b""})
    for kind, body in bodies(mine, theirs, studio.users[BEA]):
        response = raw(ann, "POST", target, body, **{"Content-Type": kind})
        attacks.check(f"{kind} {body[:60]!r}", response)
    large = b'{"result": [' + b" " * (9 * 2**20) + b"]}"
    attacks.send(ann, "POST", target, content=large)
    with httpx.Client(base_url=studio.url, timeout=60) as anonymous:
        attacks.send(anonymous, "POST", "/user/login/", content=large)
    attacks.assert_none_let_in(before)


def test_permitted_requests_accept_no_other_projects_and_no_filters(
    studio: Studio, scene: Scene, ann: httpx.Client
) -> None:
    attacks = Attacks("filters", studio, scene.secrets)
    before = snapshot(studio)
    for body in ({"project": scene.review}, {"view": scene.view}):
        for address in (f"/api/tasks/?project={scene.record}", f"/api/tasks/{scene.tasks[0]}/"):
            attacks.send(ann, "GET", address, json=body)
    next_task = f"/api/dm/actions/?id=next_task&project={scene.record}"
    chosen = {"selectedItems": {"all": False, "included": [scene.tasks[0]]}}
    condition = {"filter": "filter:tasks:annotations_results", "operator": "contains", "value": "x"}
    filters = {"filters": {"conjunction": "and", "items": [{**condition, "type": "String"}]}}
    for payload in (chosen, filters, {"ordering": ["tasks:data.gold"]}, {"view": scene.view}):
        attacks.send(ann, "POST", next_task, json=payload)
    for query in (
        f"view={scene.view}",
        "query=%7B%7D",
        "id=delete_tasks",
        f"project={scene.review}",
    ):
        attacks.send(ann, "POST", f"{next_task}&{query}", json={})
    attacks.assert_none_let_in(before)


def test_a_second_identity_gives_no_rights(studio: Studio, scene: Scene, ann: httpx.Client) -> None:
    """A token, API key or invalid header next to a session gives no further rights."""
    attacks = Attacks("two accounts", studio, scene.secrets)
    before = snapshot(studio)
    path = f"/api/annotations/{scene.theirs}/"
    with closing(studio.bearer(BEA)) as bea:
        bearer = bea.headers["Authorization"]
    for value in (f"Token {server.TOKEN}", f"token  {server.TOKEN}"):
        attacks.send(ann, "GET", path, headers={"Authorization": value})
        attacks.send(ann, "DELETE", path, headers={"Authorization": value})
    attacks.send(ann, "GET", path, headers={"X-Api-Key": server.TOKEN})
    attacks.send(ann, "GET", "/api/users/", headers={"X-Api-Key": server.TOKEN})
    for wrong in ("Basic YWRtaW46YWRtaW4=", "Token " + "0" * 40, "Bearer x.y.z", "Bearer nonsense"):
        attacks.send(ann, "DELETE", path, headers={"Authorization": wrong})
        attacks.send(ann, "GET", "/api/users/", headers={"Authorization": wrong})
    # Bea's bearer token takes precedence over the session: the request is hers, and permitted.
    assert ann.get(path, headers={"Authorization": bearer}).status_code == 200
    attacks.assert_none_let_in(before)


@pytest.mark.parametrize(
    "number",
    [
        *("1" + "0" * 400, "-1" + "0" * 400, "1e400", "-1e400", "NaN", "Infinity", "1" * 5000),
        *("[" * 30_000, '{"x": 1, "x": 2}', "true", "null", '"0.5"', "1e309", "0.5e-400000x"),
    ],
)
def test_no_number_in_a_trace_breaks_an_upload(
    studio: Studio, scene: Scene, ann: httpx.Client, number: str
) -> None:
    attacks = Attacks("numbers", studio)
    for field, value in (("x_frac", "0.25"), ("t_ms", "10"), ("client_ms", "70000")):
        text = meta().replace(f'"{field}": {value}', f'"{field}": {number}', 1)
        assert number in text
        response = upload(ann, scene.tasks[0], meta=text)
        attacks.check(f"{field} {number[:20]}", response)
        assert (response.status_code, response.json()["error"]) == (400, "bad_meta")
    million = json.dumps([{"question": "glance", "t_ms": 1}] * 100_000)
    text = meta(prompts="HERE").replace('"HERE"', million)
    attacks.check("prompts", upload(ann, scene.tasks[0], meta=text))
    assert attacks.let_in == []
