"""Every URL route of Label Studio, with every method that a role may not use."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import needs
from tests.e2e.studio import server
from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.server import ANN, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

READ, OURS = {"GET", "HEAD"}, "^annotate/"
FILES = {
    *("^static/(?P<path>.*)$", "^static/fonts/roboto/roboto.css$", "^react-app/(?P<path>.*)$"),
    *("^label-studio-frontend/(?P<path>.*)$", "^dm/(?P<path>.*)$", "^favicon\\.ico$"),
    *("^sw\\.js$", "^sw-fallback\\.js$", "health/"),
}
LABELLING: dict[str, set[str]] = {
    **dict.fromkeys(FILES, READ),
    **dict.fromkeys(("^$", "^projects/", "^projects/<int:pk>/", "^projects/<int:pk>/data/"), READ),
    **dict.fromkeys(("api/projects/", "api/projects/counts/", "^api/projects/<int:pk>/"), READ),
    **dict.fromkeys(("^api/projects/<int:pk>/label-stream-history/", "version/"), READ),
    **dict.fromkeys(("^api/dm/views/$", "^api/dm/columns/", "^api/dm/project/"), READ),
    **dict.fromkeys(("^api/users/$", "^api/ml/", "^api/label_links/$", "heidi-tips/"), READ),
    **dict.fromkeys(("^api/current-user/whoami", "^api/current-user/hotkeys/"), READ),
    **dict.fromkeys(("^data/upload/<path:filename>", "^logout/?$"), READ),
    **dict.fromkeys(("^api/tasks/", "^api/tasks/<int:pk>/"), READ),
    "^user/login/": {*READ, "POST"},
    "^api/token/refresh/": {"POST"},
    "^api/dm/actions/": {"POST"},
    "^api/tasks/<int:pk>/annotations/": {"POST"},
    "^api/tasks/<int:pk>/drafts": {"POST"},
    "^api/tasks/<int:pk>/annotations/<int:annotation_id>/drafts": {"POST"},
    "^api/annotations/<int:pk>/": {*READ, "PATCH", "DELETE"},
    "^api/drafts/<int:pk>/": {*READ, "PATCH", "DELETE"},
}
"""Routes that the labelling page requests, found by logging them; most have further rules."""
ANONYMOUS: dict[str, set[str]] = {
    **dict.fromkeys((*FILES, "^$", "^logout/?$", "heidi-tips/"), READ),
    "^user/login/": {*READ, "POST"},
    "^user/signup/": {*READ, "POST"},
    "^api/token/refresh/": {"POST"},
}
PIPELINE: dict[str, set[str]] = {
    **dict.fromkeys((*FILES, "^$", "^logout/?$", "^projects/", "^projects/<int:pk>/"), READ),
    **dict.fromkeys(("^projects/<int:pk>/data/", "version/", "^api/invite"), READ),
    **dict.fromkeys(("^api/current-user/whoami", "^api/current-user/hotkeys/"), READ),
    **dict.fromkeys(("^api/tasks/", "^api/tasks/<int:pk>/annotations/"), READ),
    **dict.fromkeys(("^api/annotations/<int:pk>/", "^data/upload/<path:filename>"), READ),
    **dict.fromkeys(("^api/import/file-upload/<int:pk>", "api/projects/counts/"), READ),
    "^api/projects/<int:pk>/import": {"POST"},
    "^api/projects/<int:pk>/import/predictions": {"POST"},
    "^api/token/": {"POST"},
    "^user/login/": {*READ, "POST"},
    "^api/token/refresh/": {"POST"},
    "api/projects/": {*READ, "POST"},
    "^api/projects/<int:pk>/": {*READ, "PATCH"},
    "^api/tasks/<int:pk>/": {*READ, "PATCH"},
    "^api/webhooks/": {*READ, "POST"},
    "^api/webhooks/<int:pk>/": {*READ, "PATCH"},
}
STRANGER: dict[str, set[str]] = {
    **dict.fromkeys((*FILES, "^logout/?$"), READ),
    "^user/login/": {*READ, "POST"},
    "^user/signup/": READ,
}
EXPECTED = {
    "nobody": ANONYMOUS,
    "stranger": STRANGER,
    "annotator": LABELLING,
    "reviewer": LABELLING,
    "pipeline": PIPELINE,
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def route_table(studio: Studio) -> dict[str, Any]:
    """The running server's routes and permissions, as printed by `routes.py`."""
    printed = subprocess.run(
        [str(needs.STUDIO / "bin" / "python"), str(Path(__file__).with_name("routes.py"))],
        **{"cwd": studio.folder, "env": server.environment(studio.folder, studio.url)},
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(printed.stdout.decode().strip().splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def routes(route_table: dict[str, Any]) -> list[dict[str, Any]]:
    """Every route, with a path that it matches and the methods that each role may use."""
    found: list[dict[str, Any]] = route_table["routes"]
    return found


def test_each_role_may_use_exactly_the_listed_routes(
    routes: list[dict[str, Any]],
) -> None:
    names = {route["route"] for route in routes}
    differences = []
    for role, expected in EXPECTED.items():
        assert expected.keys() <= names, role  # otherwise a route listed here is outdated
        for route in routes:
            if not route["route"].startswith(OURS):
                may = set(route["may"][role])
                if may != expected.get(route["route"], set()):
                    differences.append((role, route["route"], sorted(may)))
    assert differences == []
    assert len(names) > 300


def test_every_route_can_be_reached_except_shadowed_ones(
    routes: list[dict[str, Any]],
) -> None:
    """Otherwise the tests below would test fewer routes than they list."""
    hidden = [route for route in routes if route["reached"] != route["route"]]
    assert all(route["reached"] for route in hidden), hidden
    # Label Studio's pattern `version/` matches anywhere in a path; our routes precede theirs.
    assert {route["reached"] for route in hidden} == {
        *("version/", "api/projects/", "api/projects/counts/"),
    }
    assert len(hidden) < 12


@pytest.mark.parametrize("who", ["a session", "a token", "anonymous"])
def test_requests_that_are_not_listed_are_rejected(
    studio: Studio, routes: list[dict[str, Any]], who: str
) -> None:
    before = snapshot(studio)
    attacks = Attacks(f"every address, {who}", studio)
    may = ANONYMOUS if who == "anonymous" else LABELLING
    client = {
        "a session": lambda: studio.session(ANN),
        "a token": lambda: studio.bearer(ANN),
        "anonymous": lambda: httpx.Client(base_url=studio.url, timeout=120),
    }[who]()
    methods = METHODS if who == "a session" else ("GET", "POST", "DELETE")
    with closing(client):
        for route in routes:
            if route["route"].startswith(OURS) or route["reached"] != route["route"]:
                continue
            for method in methods:
                if method not in may.get(route["route"], ()):
                    attacks.send(client, method, route["address"])
    attacks.assert_none_let_in(before)
    assert attacks.tried > 800


def test_only_operators_may_use_routes_of_a_later_version(route_table: dict[str, Any]) -> None:
    assert {role for role, methods in route_table["unknown"].items() if methods} == {"operator"}
