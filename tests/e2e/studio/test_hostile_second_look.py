"""Attacks on second looks: others' words, malformed words, malformed edits."""

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

SECRET = "unmistakable"  # noqa: S105 - a recognized word
MODEL = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}


def words_body(*texts: str, **overrides: Any) -> dict[str, Any]:
    """The body with which `annotate serve` sends recognized words."""
    words = [
        {
            **{"text": text, "start_ms": 300 * at, "end_ms": 300 * at + 200},
            **{"probability": 0.4, "space_before": True},
        }
        for at, text in enumerate(texts)
    ]
    return {"version": 1, "language": "en", **MODEL, "words": words, **overrides}


class SecondLook:
    """A project with second looks, and one recording each of Ann and Bea."""

    def __init__(self, studio: Studio, opened: ExitStack, title: str):
        config = record_config(second_look=True)
        self.studio = studio
        self.project: Project = studio.record_project(config, IMAGES[:2], title)
        self.task = self.project.tasks[0]
        self.ann, self.bea = (
            opened.enter_context(closing(studio.session(email))) for email in (ANN, BEA)
        )
        self.pipe = opened.enter_context(closing(studio.bearer(PIPE)))
        self.mine, self.theirs = (
            upload(client, self.task, AUDIO + title.encode() + extra).json()["recording"]
            for client, extra in ((self.ann, b"a"), (self.bea, b"b"))
        )

    def get_words(self, client: httpx.Client, recording: str) -> httpx.Response:
        return client.get(f"/annotate/recordings/{recording}/words")

    def put_words(self, client: httpx.Client, recording: str, body: Any) -> httpx.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.put(f"/annotate/recordings/{recording}/words", content=data)

    def annotation(self, recording: str, edit: Any) -> dict[str, Any]:
        """The request options of an annotation with this edit; a string is used as it is."""
        text = edit if isinstance(edit, str) else json.dumps({"recording": recording, "edit": edit})
        region = {"from_name": "recording", "to_name": "image", "type": "textarea"}
        return {"json": {"result": [{"id": "r", **region, "value": {"text": [text]}}]}}


@pytest.fixture
def look(studio: Studio, request: pytest.FixtureRequest) -> Iterator[SecondLook]:
    with ExitStack() as opened:
        yield SecondLook(studio, opened, request.node.name[:40])


def test_only_the_speaker_and_the_pipeline_can_read_words(look: SecondLook) -> None:
    """Only the speaker and the pipeline can read the words; only the pipeline can send them."""
    # "coming" if another test has polled as the pipeline less than a minute ago.
    assert look.get_words(look.ann, look.mine).json()["state"] in ("absent", "coming")
    assert look.pipe.get("/annotate/looks").json() == {"asked": True, "wanted": [look.mine]}
    assert look.get_words(look.ann, look.mine).json() == {"state": "coming"}
    assert look.put_words(look.pipe, look.mine, words_body(SECRET)).status_code == 201
    assert look.put_words(look.pipe, look.mine, words_body("other")).status_code == 200
    assert look.pipe.get("/annotate/looks").json()["wanted"] == []
    shown = look.get_words(look.ann, look.mine).json()
    assert [word["text"] for word in shown["words"]] == [SECRET]
    assert set(shown) == {"state", "language", "words"}
    assert look.get_words(look.pipe, look.mine).json()["model_sha256"] == MODEL["model_sha256"]
    attacks = Attacks("second looks of others", look.studio, [SECRET])
    before = snapshot(look.studio)
    with (
        closing(look.studio.session(REV)) as rev,
        closing(look.studio.bearer(ANN)) as token,
        closing(httpx.Client(base_url=look.studio.url, timeout=120)) as anonymous,
    ):
        for client in (look.bea, rev, token, anonymous):
            attacks.check("their words", look.get_words(client, look.mine))
        for client in (look.ann, look.bea, rev, token, anonymous):
            attacks.send(client, "GET", "/annotate/looks")
            attacks.send(client, "GET", "/annotate/looks?wait=25")
            for recording in (look.mine, look.theirs, "0" * 32):
                attacks.check("words of mine", look.put_words(client, recording, words_body("lie")))
    attacks.assert_none_let_in(before)


def test_malformed_words_are_rejected(look: SecondLook) -> None:
    attacks = Attacks("words of another form", look.studio)
    before = snapshot(look.studio)
    for body in (
        *(b"", b"{", b"\xff\xfe", b"[" * 100_000, words_body("a", version=2)),
        *(words_body("a", words=[{"text": "a"}]), words_body(*["a"] * 20_001)),
        b'{"version": 1, "words": [], "words": []}',
    ):
        attacks.check("words", look.put_words(look.pipe, look.mine, body))
    for wait in ("-1", "soon", "1e3", "9" * 30, "\u0663"):
        attacks.check("wait", look.pipe.get("/annotate/looks", params={"wait": wait}))
    attacks.assert_none_let_in(before)


def test_invalid_edits_are_rejected(look: SecondLook) -> None:
    change = {"word": 0, "text": "red"}
    good = {"version": 1, "changes": [change]}
    attacks = Attacks("edits", look.studio)
    create = f"/api/tasks/{look.task}/annotations/"
    before = snapshot(look.studio)
    attacks.send(look.ann, "POST", create, **look.annotation(look.mine, good))  # no words yet
    attacks.assert_none_let_in(before)
    for recording in (look.mine, look.theirs):
        look.put_words(look.pipe, recording, words_body("read", "boat"))
    before = snapshot(look.studio)
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
        f'{{"recording": "{look.mine}", "edit": {{"version": 1, "version": 1, "changes": []}}}}',
    ):
        for address in (create, f"/api/tasks/{look.task}/drafts"):
            attacks.send(look.ann, "POST", address, **look.annotation(look.mine, edit))
    attacks.send(look.ann, "POST", create, **look.annotation(look.theirs, good))
    attacks.assert_none_let_in(before)
    response = look.ann.post(create, **look.annotation(look.mine, good))
    assert response.status_code == 201
    key = response.json()["id"]
    markup = {"version": 1, "changes": [{"word": 0, "text": "<img src=x onerror=alert(1)>"}]}
    assert look.ann.patch(
        f"/api/annotations/{key}/", **look.annotation(look.mine, markup)
    ).is_success
    before = snapshot(look.studio)
    attacks.send(look.bea, "PATCH", f"/api/annotations/{key}/", **look.annotation(look.mine, good))
    attacks.assert_none_let_in(before)


def test_in_a_project_without_second_looks_no_words_are_requested(studio: Studio) -> None:
    project = studio.record_project(record_config(), IMAGES[:1], "no second looks")
    with closing(studio.session(ANN)) as ann, closing(studio.bearer(PIPE)) as pipe:
        name = upload(ann, project.tasks[0], AUDIO + b"n").json()["recording"]
        assert ann.get(f"/annotate/recordings/{name}/words").json() == {"state": "absent"}
        assert name not in pipe.get("/annotate/looks").json()["wanted"]
