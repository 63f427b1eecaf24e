"""Script run by Label Studio's Python: all URL routes and who may use them. Not a test."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")

NEW = "^api/new-in-the-next-version/"

SAMPLES = (
    (r"\(\?P<path>\.\*\)", "x"),
    (r"\(\?P<url>\.\*\)", "x"),
    (r"\(\?P<app_label>[^)]*\)", "users"),
    (r"\(\?P<format>[^)]*\)", "json"),
    (r"\(\?P<recording_id>[^)]*\)", "0" * 32),
    (r"\(\?P<name>[^/]{1,100}\)|\(\?P<name>\[a-z_\]\+\\\.\(\?:js\|css\)\)", "main.js"),
    (r"\(\?P<[a-z_]+>[^)]*\)\??", "1"),
    (r"<drf_format_suffix:format>", ".json"),
    (r"<int:[a-z_]+>", "1"),
    (r"<(?:str:|path:)?[a-z_]+>", "1"),
)


def sample(route: str) -> str:
    """A URL path that the route matches."""
    for pattern, value in SAMPLES:
        route = re.sub(pattern, value, route)
    return "/" + route.lstrip("^").rstrip("$").replace("/?", "").replace("\\", "")


def walk(patterns: Any, before: str = "") -> Any:
    """The routes of URL patterns, in the form of Django's `ResolverMatch.route`."""
    from django.urls.resolvers import URLResolver

    for pattern in patterns:
        route = URLResolver._join_route(before, str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route


def main() -> None:
    """Print each route's URL path and allowed methods by role, and those of an unknown route."""
    import label_studio

    sys.path.insert(0, str(Path(label_studio.__file__).parent))
    os.environ["DJANGO_SETTINGS_MODULE"] = "annotate.recorder.settings"
    import django

    django.setup()
    from django.urls import Resolver404, get_resolver, resolve

    from annotate.recorder.allow_list import rule_for
    from annotate.recorder.roles import Role

    found = []
    for route in walk(get_resolver().url_patterns):
        try:
            reached = resolve(sample(route)).route
        except Resolver404:
            reached = None
        may = {role.value: [m for m in METHODS if rule_for(role, m, route)] for role in Role}
        found.append({"route": route, "address": sample(route), "reached": reached, "may": may})
    unknown = {role.value: [m for m in METHODS if rule_for(role, m, NEW)] for role in Role}
    print(json.dumps({"routes": found, "unknown": unknown}))


main()
