"""Second looks at others' words, words that nobody recognized, texts that nobody types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from tests.builders import sha
from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.server import ANN, BEA, IMAGES, PIPE, REV, Project, Studio
from tests.e2e.studio.uploads import AUDIO, upload

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

SECRET = "unmistakable"  # noqa: S105 - a word that somebody said
MODEL = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}


def brought(*texts: str, **over: Any) -> dict[str, Any]:
    words = [
        {
            **{"text": text, "start_ms": 300 * at, "end_ms": 300 * at + 200},
            **{"probability": 0.4, "space_before": True},
        }
        for at, text in enumerate(texts)
    ]
    return {"version": 1, "language": "en", **MODEL, "words": words, **over}


class Asked:
    """A project with second looks, and a recording of Ann's and of Bea's in it."""

    def __init__(self, studio: Studio, opened: ExitStack, title: str):
        config = record_config(second_look=True)
        self.studio = studio
        self.project: Project = studio.record_project(config, IMAGES[:2], title)
        self.task = self.project.tasks[0]
        self.ann, self.bea = (
            opened.enter_context(closing(studio.session(who))) for who in (ANN, BEA)
        )
        self.pipe = opened.enter_context(closing(studio.bearer(PIPE)))
        self.mine, self.theirs = (
            upload(client, self.task, AUDIO + title.encode() + extra).json()["recording"]
            for client, extra in ((self.ann, b"a"), (self.bea, b"b"))
        )

    def words(self, client: httpx.Client, recording: str) -> httpx.Response:
        return client.get(f"/annotate/recordings/{recording}/words")

    def bring(self, client: httpx.Client, recording: str, body: Any) -> httpx.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.put(f"/annotate/recordings/{recording}/words", content=data)

    def hand_in(self, recording: str, edit: Any) -> dict[str, Any]:
        text = edit if isinstance(edit, str) else json.dumps({"recording": recording, "edit": edit})
        region = {"from_name": "recording", "to_name": "image", "type": "textarea"}
        return {"json": {"result": [{"id": "r", **region, "value": {"text": [text]}}]}}


@pytest.fixture
def asked(studio: Studio, request: pytest.FixtureRequest) -> Iterator[Asked]:
    with ExitStack() as opened:
        yield Asked(studio, opened, request.node.name[:40])


def test_words_go_from_the_pipeline_to_who_spoke_and_to_nobody_else(asked: Asked) -> None:
    # "coming", if another test has asked as the pipeline less than a minute ago.
    assert asked.words(asked.ann, asked.mine).json()["state"] in ("absent", "coming")
    assert asked.pipe.get("/annotate/looks").json() == {"asked": True, "wanted": [asked.mine]}
    assert asked.words(asked.ann, asked.mine).json() == {"state": "coming"}
    assert asked.bring(asked.pipe, asked.mine, brought(SECRET)).status_code == 201
    assert asked.bring(asked.pipe, asked.mine, brought("other")).status_code == 200
    assert asked.pipe.get("/annotate/looks").json()["wanted"] == []
    shown = asked.words(asked.ann, asked.mine).json()
    assert [word["text"] for word in shown["words"]] == [SECRET]
    assert set(shown) == {"state", "language", "words"}
    assert asked.words(asked.pipe, asked.mine).json()["model_sha256"] == MODEL["model_sha256"]
    attacks = Attacks("second looks of others", asked.studio, [SECRET])
    before = snapshot(asked.studio)
    with (
        closing(asked.studio.session(REV)) as rev,
        closing(asked.studio.bearer(ANN)) as token,
        closing(httpx.Client(base_url=asked.studio.url, timeout=120)) as nobody,
    ):
        for client in (asked.bea, rev, token, nobody):
            attacks.check("their words", asked.words(client, asked.mine))
        for client in (asked.ann, asked.bea, rev, token, nobody):
            attacks.send(client, "GET", "/annotate/looks")
            attacks.send(client, "GET", "/annotate/looks?wait=25")
            for recording in (asked.mine, asked.theirs, "0" * 32):
                attacks.check("words of mine", asked.bring(client, recording, brought("lie")))
    attacks.assert_none_let_in(before)


def test_only_words_of_the_known_form_are_kept(asked: Asked) -> None:
    attacks = Attacks("words of another form", asked.studio)
    before = snapshot(asked.studio)
    for body in (
        *(b"", b"{", b"\xff\xfe", b"[" * 100_000, brought("a", version=2)),
        *(brought("a", words=[{"text": "a"}]), brought(*["a"] * 20_001)),
        b'{"version": 1, "words": [], "words": []}',
    ):
        attacks.check("words", asked.bring(asked.pipe, asked.mine, body))
    for wait in ("-1", "soon", "1e3", "9" * 30, "\u0663"):
        attacks.check("wait", asked.pipe.get("/annotate/looks", params={"wait": wait}))
    attacks.assert_none_let_in(before)


def test_edits_of_what_was_not_shown_or_not_typed_are_refused(asked: Asked) -> None:
    change = {"word": 0, "text": "red"}
    good = {"version": 1, "changes": [change]}
    attacks = Attacks("edits", asked.studio)
    at = f"/api/tasks/{asked.task}/annotations/"
    before = snapshot(asked.studio)
    attacks.send(asked.ann, "POST", at, **asked.hand_in(asked.mine, good))  # nothing was shown yet
    attacks.assert_none_let_in(before)
    for recording in (asked.mine, asked.theirs):
        asked.bring(asked.pipe, recording, brought("read", "boat"))
    before = snapshot(asked.studio)
    for edit in (
        *(7, [], {}, {"version": 1}, {**good, "more": 1}, {**good, "version": 2}),
        *(
            {"version": 1, "changes": [{**change, "word": word}]}
            for word in (-1, 2, 0.5, True, "0")
        ),
        *({"version": 1, "changes": [{**change, **bad}]} for bad in ({"more": 1}, {"text": None})),
        *(
            {"version": 1, "changes": [{**change, "text": text}]}
            for text in ("x" * 101, "a\nb", "a\0b", "\u202ered", " red", "\x1b[2J")
        ),
        {"version": 1, "changes": [change, change]},
        {"version": 1, "changes": [change] * 100_000},
        f'{{"recording": "{asked.mine}", "edit": {{"version": 1, "version": 1, "changes": []}}}}',
    ):
        for address in (at, f"/api/tasks/{asked.task}/drafts"):
            attacks.send(asked.ann, "POST", address, **asked.hand_in(asked.mine, edit))
    attacks.send(asked.ann, "POST", at, **asked.hand_in(asked.theirs, good))
    attacks.assert_none_let_in(before)
    made = asked.ann.post(at, **asked.hand_in(asked.mine, good))
    assert made.status_code == 201
    key = made.json()["id"]
    markup = {"version": 1, "changes": [{"word": 0, "text": "<img src=x onerror=alert(1)>"}]}
    assert asked.ann.patch(
        f"/api/annotations/{key}/", **asked.hand_in(asked.mine, markup)
    ).is_success
    before = snapshot(asked.studio)
    attacks.send(asked.bea, "PATCH", f"/api/annotations/{key}/", **asked.hand_in(asked.mine, good))
    attacks.assert_none_let_in(before)


def test_where_a_project_has_no_second_looks_nothing_is_wanted(studio: Studio) -> None:
    project = studio.record_project(record_config(), IMAGES[:1], "no second looks")
    with closing(studio.session(ANN)) as ann, closing(studio.bearer(PIPE)) as pipe:
        name = upload(ann, project.tasks[0], AUDIO + b"n").json()["recording"]
        assert ann.get(f"/annotate/recordings/{name}/words").json() == {"state": "absent"}
        assert name not in pipe.get("/annotate/looks").json()["wanted"]
