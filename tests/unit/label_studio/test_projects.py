"""Projects, protocol and webhooks: created once, changed only if no annotation depends on them."""

import json
import re
from pathlib import Path

import pytest
from label_studio_sdk.label_interface import LabelInterface

from annotate.label_studio import projects, webhooks
from annotate.label_studio.protocol import Protocol, protocol_in, read_protocol
from annotate.model.errors import AnnotateError
from annotate.recorder.protocol import parse_protocol
from tests.unit.label_studio.fake_server import FakeServer

ROOT = Path(__file__).parents[3]
SECRET = "sixteen characters"  # noqa: S105


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def other(tmp_path) -> Protocol:
    """A protocol other than the default, from a file."""
    content = json.loads(read_protocol().model_dump_json())
    content["asked_seconds"] = 60
    content["questions"] = [{"id": "q", "text": {"en": "What -- is <it>?"}}]
    (tmp_path / "protocol.json").write_text(json.dumps(content))
    return read_protocol(tmp_path / "protocol.json")


def outcomes(server: FakeServer, protocol: Protocol | None = None) -> list[str]:
    return [project.outcome for project in projects.set_up(server.connection(), protocol)]


def test_projects_are_created_once(server):
    assert outcomes(server) == ["created", "created"]
    assert outcomes(server) == ["unchanged", "unchanged"]
    assert [one["title"] for one in server.projects] == ["annotate: record", "annotate: review"]


def test_a_project_with_a_longer_title_is_not_used(server):
    server.projects.append({"id": 1, "title": "annotate: record (old)", "label_config": ""})
    assert outcomes(server) == ["created", "created"]


def test_two_projects_with_the_same_title_are_an_error(server):
    server.projects += [
        {"id": number, "title": "annotate: record", "label_config": ""} for number in (1, 2)
    ]
    with pytest.raises(AnnotateError, match="projects 1, 2 are all called"):
        outcomes(server)


def test_a_changed_configuration_is_updated(server):
    outcomes(server)
    server.projects[1]["label_config"] = "<View/>"
    assert outcomes(server) == ["unchanged", "updated"]
    assert server.projects[1]["label_config"] == projects.review_config()


def test_a_configuration_that_has_annotations_is_not_replaced(server):
    outcomes(server)
    server.projects[1]["label_config"] = "<View/>"
    server.refuse_config = True
    assert outcomes(server) == ["unchanged", "kept"]
    assert server.projects[1]["label_config"] == "<View/>"


def test_a_custom_protocol_stays_until_another_is_given(server, other):
    assert outcomes(server, other) == ["created", "created"]
    assert outcomes(server) == ["unchanged", "unchanged"]
    assert outcomes(server, read_protocol()) == ["updated", "unchanged"]


def test_an_unreadable_protocol_is_not_replaced_by_the_default(server, other):
    outcomes(server, other)
    project = server.projects[0]
    project["label_config"] = broken = project["label_config"].replace("asked_seconds", "asked")
    with pytest.raises(AnnotateError, match="can't be read: correct it there"):
        outcomes(server)
    assert project["label_config"] == broken
    assert outcomes(server, other) == ["updated", "unchanged"]


def test_annotations_per_image_are_set_once(server):
    projects.set_up(server.connection())
    for _ in range(2):
        projects.answers_per_image(server.connection(), 1, 3)
    assert server.projects[0]["maximum_annotations"] == 3
    assert [method for method, _ in server.writes].count("PATCH") == 1


def test_the_recorder_reads_the_protocol_as_it_was_written(other):
    for protocol in (read_protocol(), other):
        config = projects.record_config(protocol)
        assert parse_protocol(config) == protocol.model_dump(mode="json")
        assert protocol_in(config) == protocol


def test_the_questions_match_the_documentation():
    page = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| (.+\?) \|$", page, re.MULTILINE))
    default = read_protocol()
    assert {one.id: one.text["en"] for one in default.questions} == table
    assert len(table) == 7
    assert all(set(one.text) == {"en", "ar"} for one in default.questions)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asked_seconds": 75}, "asked_seconds"),
        ({"questions": []}, "questions"),
        ({"questions": [{"id": "q", "text": {"en": "?"}}] * 2}, "same id"),
        ({"asked_seconds": 60, "minimum_seconds": 61}, "minimum_seconds is more"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_invalid_protocol_is_explained(tmp_path, change, message):
    path = tmp_path / "protocol.json"
    path.write_text(json.dumps(json.loads(read_protocol().model_dump_json()) | change))
    with pytest.raises(AnnotateError, match=message):
        read_protocol(path)


def test_the_record_configuration_is_valid():
    interface = LabelInterface(projects.record_config(read_protocol()))
    interface.validate()
    assert set(interface._controls) == {"recording"}
    assert set(interface._objects) == {"image"}


def test_the_review_configuration_is_valid():
    interface = LabelInterface(projects.review_config())
    interface.validate()
    assert {name: control.tag for name, control in interface._controls.items()} == {
        "caption": "TextArea",
        "decision": "Choices",
        "reason": "Choices",
    }
    assert set(interface._objects) == {"image", "narration", "verdicts"}


def test_a_decision_is_validated_by_its_code():
    interface = LabelInterface(projects.review_config())
    for value, valid in (("reject", True), ("maybe", False)):
        region = {
            "from_name": "decision",
            "to_name": "image",
            "type": "choices",
            "value": {"choices": [value]},
        }
        assert interface.validate_annotation({"result": [region]}) is valid


def test_the_review_configuration_stores_codes():
    config = projects.review_config()
    aliases = re.findall(r'<Choice value="[^"]+" alias="(\w+)"', config)
    assert aliases[:3] == ["accept", "fix", "reject"]
    assert {"not_described", "wrong", "offensive", "bad_audio", "other"} <= set(aliases[3:])


def test_untrusted_text_is_never_shown_as_markup():
    config = projects.review_config() + projects.record_config(read_protocol())
    assert not re.search(r"<(HyperText|Markdown|Paragraphs[^>]*type=)", config)


def test_a_webhook_is_registered_once(server):
    url = "https://webhooks.test/webhook"
    for outcome in ("created", "unchanged"):
        assert webhooks.ensure_webhook(server.connection(), 1, url, SECRET) == outcome
    (webhook,) = server.webhooks
    assert webhook["headers"] == {webhooks.SECRET_HEADER: SECRET}
    assert webhook["actions"] == ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"]


def test_a_new_secret_updates_the_webhook(server):
    url = "https://webhooks.test/webhook"
    webhooks.ensure_webhook(server.connection(), 1, url, SECRET)
    assert webhooks.ensure_webhook(server.connection(), 1, url, "another" + SECRET) == "updated"
    assert server.webhooks[0]["headers"] == {webhooks.SECRET_HEADER: "another" + SECRET}


def test_a_rejected_private_webhook_is_explained_without_its_secret(server):
    server.bar_webhooks = True
    with pytest.raises(AnnotateError, match="forbids private addresses") as caught:
        webhooks.ensure_webhook(server.connection(), 1, "http://127.0.0.1:8090/webhook", SECRET)
    assert SECRET not in str(caught.value)
